/** Every ending that one node can bring about, from the author's spec to the failure that a person reads. See docs/endings.md. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CoreV1Api, RbacAuthorizationV1Api, type V1Pod } from '@kubernetes/client-node';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { PodFailureDetails, PodResult } from '../../src/contract/index.ts';
import { administrator } from '../support/administrator.ts';
import { isRunning, real, type Lane, type Real, type RunningWorker } from '../support/real.ts';
import { realEndings, type RealEnding } from './endings.ts';

let world: Real;
let lane: Lane;
let worker: RunningWorker | undefined;
let full: string;
let closed: string;
const core = administrator().makeApiClient(CoreV1Api);
const rbac = administrator().makeApiClient(RbacAuthorizationV1Api);

before(async () => {
  world = await real();
  full = await world.createNamespace(`full-${Date.now().toString(36)}`);
  const quota = { metadata: { name: 'team-a' }, spec: { hard: { pods: '0' } } };
  await core.createNamespacedResourceQuota({ namespace: full, body: quota });
  closed = await world.createNamespace(`closed-${Date.now().toString(36)}`);
  lane = world.lane('endings');
  worker = await lane.worker({
    namespaces: [world.namespace, full, closed],
    callbacks: fileURLToPath(new URL('../support/callbacks.ts', import.meta.url)),
  });
  // The worker looked when it started: its rights are taken away only now.
  const { items } = await rbac.listNamespacedRoleBinding({ namespace: closed });
  for (const { metadata } of items)
    await rbac.deleteNamespacedRoleBinding({ namespace: closed, name: metadata?.name ?? '' });
});
after(async () => {
  await worker?.kill('SIGTERM');
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const evict = ({ metadata }: V1Pod) => {
  const { name = '', namespace = '' } = metadata ?? {};
  return core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
};

/** How many times the activity was scheduled: each is a pod of its own. */
async function triesOf(run: WorkflowHandle): Promise<number> {
  const { events } = await run.fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'runPod')
    .length;
}

async function failureOf(run: WorkflowHandle): Promise<ApplicationFailure> {
  const error: unknown = await run.result().then(
    (result) => new Error(`succeeded with ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  );
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type !== 'DagFailed') return cause;
  throw error;
}

async function assertEnding({ spec, act, kind, details, words }: RealEnding): Promise<string> {
  const run = await lane.start(spec);
  if (act) await act(await lane.podOf(run, isRunning));
  const { type, message, nonRetryable, details: all } = await failureOf(run);
  assert.equal(type, kind, message);
  assert.equal(nonRetryable, true);
  const { exitCode, reason, container, startedEver } = all?.[0] as PodFailureDetails;
  const got = { exitCode, reason, container, startedEver };
  assert.deepEqual({ ...got, ...details }, got, message);
  for (const word of words) assert.match(message, word);
  assert.equal(await triesOf(run), 1, 'no second pod');
  assert.deepEqual(await lane.pods(run), []);
  return message;
}

suite('every ending, on real pods', { concurrency: 6, timeout: 170_000 }, () => {
  // The world is there only when a test runs; for the names of the tests nothing of it is needed.
  const names = realEndings({ shell: () => ({}), images: {} } as unknown as Real, evict).map(({ law }) => law);
  for (const law of names)
    test(law, async (context) => {
      const ending = realEndings(world, evict).find((one) => one.law === law);
      if (ending) context.diagnostic(`${ending.kind}\n${await assertEnding(ending)}`);
    });

  test('no quota for it until timeouts.schedule has passed', async (context) => {
    const message = await assertEnding({
      law: '',
      spec: world.shell('true', { namespace: full, timeouts: { schedule: '4s' } }),
      kind: 'QuotaExceeded',
      details: { startedEver: false, reason: 'NotCreated' },
      words: [/timeouts\.schedule \(4s\)/, /exceeded quota: team-a/, /ask for a higher quota/],
    });
    context.diagnostic(`QuotaExceeded\n${message}`);
  });

  test('a namespace in which the worker has lost its rights', async (context) => {
    const message = await assertEnding({
      law: '',
      spec: world.shell('true', { namespace: closed, timeouts: { schedule: '20s' } }),
      kind: 'Forbidden',
      details: { startedEver: false },
      words: [/forbidden/i, new RegExp(closed)],
    });
    context.diagnostic(`Forbidden\n${message}`);
  });

  test('an exit code that the author skips is no failure', async () => {
    const run = await lane.start(world.shell('exit 99', { exitCodes: { skip: [99] } }));
    const { outcome, exitCode } = (await run.result()) as PodResult;
    assert.deepEqual([outcome, exitCode], ['Skipped', 99]);
  });

  test('an exit code that the author takes for success is one', async () => {
    const run = await lane.start(world.shell('exit 4', { exitCodes: { success: [0, 4] } }));
    const { outcome, exitCode } = (await run.result()) as PodResult;
    assert.deepEqual([outcome, exitCode], ['Succeeded', 4]);
  });

  test('an init container that runs for longer than timeouts.start is no late start', async () => {
    const init = { name: 'fetch', image: world.images.shell, command: ['sleep', '8'] };
    const spec = world.shell('true', { timeouts: { start: '6s' }, template: { spec: { initContainers: [init] } } });
    const { outcome } = (await (await lane.start(spec)).result()) as PodResult;
    assert.equal(outcome, 'Succeeded');
  });
});
