/** Real pods that others hold up: what waits says why while it waits, and a pod that has ended holds nobody up. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RbacAuthorizationV1Api } from '@kubernetes/client-node';
import type { WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import type { PodResult, SweepReport } from '../../src/contract/index.ts';
import { pendingPods, pendingText } from '../../src/client/history/pending.ts';
import { administrator, setFinalizers, touch } from '../support/administrator.ts';
import { eventually, isRunning, real, type Lane, type Real, type RunningWorker } from '../support/real.ts';

const FINALIZER = 'example.com/accounting';

let world: Real;
let lane: Lane;
let worker: RunningWorker;
let closed: string;
const rbac = administrator().makeApiClient(RbacAuthorizationV1Api);

before(async () => {
  world = await real();
  closed = await world.createNamespace('unlisted');
  lane = world.lane('held-up');
  worker = await lane.worker({ namespaces: [await world.createNamespace('held-up'), closed] });
  const { items } = await rbac.listNamespacedRoleBinding({ namespace: closed });
  for (const { metadata } of items)
    await rbac.deleteNamespacedRoleBinding({ namespace: closed, name: metadata?.name ?? '' });
});
after(async () => {
  await worker.kill('SIGTERM');
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

/** Waits for `show` to tell this of the run's one pod. */
const tells = (run: WorkflowHandle, words: RegExp) =>
  eventually(`the pod to tell ${words}`, async () => {
    const [pending] = await pendingPods(run);
    const text = pending && pendingText(pending, Date.now());
    return text && words.test(text) ? text : undefined;
  });

async function cancel(run: WorkflowHandle): Promise<void> {
  await run.cancel();
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof Error && isCancellation(error.cause), String(error));
  assert.deepEqual(await lane.pods(run), []);
}

suite('a real pod that somebody holds up', { concurrency: 4, timeout: 170_000 }, () => {
  test('ends its task when it has ended, though a foreign finalizer keeps the object', async (context) => {
    const run = await lane.start(world.shell('echo begun; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo done'));
    await lane.printed(run, 'begun');
    const pod = await lane.podOf(run, isRunning);
    await setFinalizers(pod, [FINALIZER]);
    await touch(pod, '/tmp/go');
    const { outcome, cleanup } = (await run.result()) as PodResult;
    assert.equal(outcome, 'Succeeded');
    assert.deepEqual([cleanup.gone, cleanup.over], [false, true]);
    assert.match(cleanup.error ?? '', new RegExp(FINALIZER));
    context.diagnostic(cleanup.error ?? '');
    assert.ok((await lane.podOf(run, ({ metadata }) => metadata?.deletionTimestamp !== undefined)).metadata);
    await setFinalizers(pod, []);
    await eventually('the pod to go', async () => ((await lane.pods(run)).length === 0 ? true : undefined));
  });

  test('tells that its Secret is missing while it waits', async (context) => {
    const volumes = [{ name: 'db', secret: { secretName: 'nobody-made-it' } }];
    const containers = [{ name: 'base', volumeMounts: [{ name: 'db', mountPath: '/db' }] }];
    const run = await lane.start(world.shell('true', { template: { spec: { volumes, containers } } }));
    context.diagnostic(await tells(run, /FailedMount.*nobody-made-it/));
    await cancel(run);
  });

  test('tells that nothing can begin in so little memory while it waits', async (context) => {
    const run = await lane.start(world.shell('true', { resources: { limits: { memory: '1Mi' } } }));
    context.diagnostic(await tells(run, /FailedCreatePodSandBox: .*memory/));
    await cancel(run);
  });

  test('names the foreign gate that it waits behind', async (context) => {
    const schedulingGates = [{ name: 'example.com/quota' }];
    const run = await lane.start(world.shell('true', { template: { spec: { schedulingGates } } }));
    context.diagnostic(await tells(run, /SchedulingGated.*example\.com\/quota/));
    await cancel(run);
  });

  test('does not hold up the sweep of other namespaces: one that cannot be listed is told', async () => {
    const kept = await lane.start(world.shell('true', { onFinish: 'keep', keepFor: '1s' }));
    const { pod, cleanup } = (await kept.result()) as PodResult;
    await eventually('its time to be over', async () =>
      Date.now() > Date.parse(cleanup.kept ?? '') ? true : undefined,
    );
    const sweep = await lane.startWorkflow('sweep', { minAge: 0 });
    const { swept, unlisted } = (await sweep.result()) as SweepReport;
    assert.deepEqual(
      unlisted.map(({ namespace }) => namespace),
      [closed],
    );
    assert.match(unlisted[0]?.why ?? '', /forbidden/i);
    assert.ok(swept.some((one) => one.pod.uid === pod.uid));
    await eventually('the pod to go', async () => ((await lane.pods(kept)).length === 0 ? true : undefined));
  });
});
