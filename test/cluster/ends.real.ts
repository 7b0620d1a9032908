/** What becomes of real pods when their task is over, and what follows a failed one. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { V1Pod } from '@kubernetes/client-node';
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { isCancellation } from '@temporalio/workflow';
import { refOf } from '../../src/pod/identity.ts';
import { ANNOTATION } from '../../src/pod/identity.ts';
import type { PodFailureDetails, PodResult, PodSpec, SweepReport } from '../../src/contract/index.ts';
import { endDebug } from '../../src/workflows/keep-for-debug.ts';
import { ownWorker } from '../support/own-worker.ts';
import {
  eventually,
  keptForDebug,
  isRunning,
  real,
  type Lane,
  type Real,
  type RunningWorker,
} from '../support/real.ts';

let world: Real;
let lane: Lane;
let worker: RunningWorker;
before(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  world = await real();
  lane = world.lane('ends');
  // Its own, because these tests sweep: tests of other files would sweep one namespace beside them.
  worker = await lane.worker({ namespaces: [await world.createNamespace('ends')] });
});
after(async () => {
  const left = await world.left();
  await worker.kill('SIGTERM');
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const resultOf = (run: WorkflowHandle) => run.result() as Promise<PodResult>;

/** The failure of the run's last pod. */
async function failureOf(run: WorkflowHandle): Promise<PodFailureDetails> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type !== 'DagFailed')
      return cause.details?.[0] as PodFailureDetails;
  throw new Error('no failure of a pod', { cause: error });
}

async function assertCancelled(run: WorkflowHandle): Promise<void> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
}

/** The inputs of the activities, one for each pod. */
async function podsOf(run: WorkflowHandle): Promise<{ spec: PodSpec; try: number }[]> {
  const { events } = await run.fetchHistory();
  return (events ?? [])
    .map((event) => event.activityTaskScheduledEventAttributes)
    .filter((scheduled) => scheduled?.activityType?.name === 'runPod')
    .map((scheduled) => JSON.parse(String(scheduled?.input?.payloads?.[0]?.data)) as { spec: PodSpec; try: number });
}

const keptUntil = (pod: V1Pod) => pod.metadata?.annotations?.[ANNOTATION.keepUntil];
const remove = async (run: WorkflowHandle) => {
  for (const pod of await lane.pods(run)) await world.cluster.deletePod(refOf(pod), 1);
  await gone(run);
};
const gone = (run: WorkflowHandle) =>
  eventually('the pod to go', async () => ((await lane.pods(run)).length === 0 ? true : undefined));

suite('the ends of real pods', { concurrency: 4, timeout: 300_000 }, () => {
  test('a kept pod is swept when its time is over, and not before', async () => {
    const brief = await lane.start(world.shell('echo done', { onFinish: 'keep', keepFor: '1s' }));
    const long = await lane.start(world.shell('echo done', { onFinish: 'keep', keepFor: '1h' }));
    const [{ cleanup, pod }] = await Promise.all([resultOf(brief), resultOf(long)]);
    assert.equal(cleanup.gone, false);
    const [there] = await lane.pods(brief);
    assert.deepEqual([there?.status?.phase, there && keptUntil(there)], ['Succeeded', cleanup.kept]);
    await eventually('its time to be over', async () =>
      Date.now() > Date.parse(cleanup.kept ?? '') ? true : undefined,
    );
    const sweep = await lane.startWorkflow('sweep', { minAge: 0 });
    const { swept } = (await sweep.result()) as SweepReport;
    assert.match(swept.find((one) => one.pod.uid === pod.uid)?.why ?? '', /time for which it was kept/);
    await gone(brief);
    assert.equal((await lane.pods(long)).length, 1);
    await remove(long);
  });

  test('a failed pod that is kept is over, and can be read', async () => {
    const run = await lane.start(world.shell('echo broken; exit 3', { onFinish: 'keepFailed' }));
    const { cleanup, pod } = await failureOf(run);
    assert.ok(cleanup?.kept);
    assert.equal((await lane.podOf(run, (one) => keptUntil(one) === cleanup.kept)).status?.phase, 'Failed');
    let log = '';
    const signal = AbortSignal.timeout(10_000);
    for await (const chunk of await world.cluster.openLog(pod!, 'base', { follow: false, signal }))
      log += String(chunk);
    assert.match(log, /broken/);
    await remove(run);
  });

  test('a pod with a sidecar that never ends is not kept, and says so', async () => {
    const containers = [{ name: 'proxy', image: world.images.shell, command: ['sh', '-c', 'sleep 600'] }];
    const run = await lane.start(world.shell('exit 3', { onFinish: 'keepFailed', template: { spec: { containers } } }));
    const { cleanup } = await failureOf(run);
    assert.equal(cleanup?.gone, true);
    assert.match(cleanup.error ?? '', /it still ran/);
    assert.deepEqual(await lane.pods(run), []);
  });

  test('a cancelled task’s pod runs on when its author wants it to', async () => {
    const run = await lane.start(world.shell('echo begun; sleep 600', { onCancel: 'keep' }));
    await lane.printed(run, 'begun');
    await run.cancel();
    await assertCancelled(run);
    const pod = await lane.podOf(run, isRunning);
    assert.equal(pod.metadata?.deletionTimestamp, undefined);
    assert.ok(Date.parse(keptUntil(pod) ?? '') > Date.now());
    await remove(run);
  });

  test('a cancelled task’s pod runs on also when no worker heard of the cancel', async () => {
    const deaf = world.lane('ends-deaf');
    const first = await deaf.worker();
    const run = await deaf.start(world.shell('echo begun; sleep 600', { onCancel: 'keep' }));
    await deaf.printed(run, 'begun');
    await first.kill('SIGTERM');
    await run.cancel();
    const second = await deaf.worker();
    await assertCancelled(run);
    const pod = await deaf.podOf(run, isRunning);
    assert.ok(Date.parse(keptUntil(pod) ?? '') > Date.now());
    await world.cluster.deletePod(refOf(pod), 1);
    await eventually('the pod to go', async () => ((await deaf.pods(run)).length === 0 ? true : undefined));
    await second.kill('SIGTERM');
  });

  test('a pause takes the pod, with its last words, and the task fails when it goes on', async () => {
    const script = "trap 'echo tidied; exit 0' TERM; echo begun; while :; do usleep 50000; done";
    const run = await lane.start(world.shell(script, { onPause: 'delete' }));
    await lane.printed(run, 'begun');
    const { client, namespace } = world.temporal;
    const activity = { namespace, execution: { workflowId: run.workflowId }, id: 'main-1', identity: 'test' };
    await client.workflowService.pauseActivity(activity);
    await gone(run);
    assert.equal((await run.describe()).status.name, 'RUNNING');
    await client.workflowService.unpauseActivity(activity);
    const { kind, reason, logs } = await failureOf(run);
    assert.deepEqual([kind, reason], ['PodDisrupted', 'Paused']);
    assert.deepEqual(await lane.lines(run), ['begun', 'tidied']);
    assert.equal(logs?.lines, 2);
    assert.equal((await podsOf(run)).length, 1);
  });

  test('a failed pod is kept for debugging until endDebug, and then it goes', async () => {
    const run = await lane.start(world.shell('exit 3', { keepForDebug: '10m' }));
    const pod = await lane.podOf(run, (one) => keptUntil(one) !== undefined);
    assert.equal(pod.status?.phase, 'Failed');
    await keptForDebug(run);
    await run.signal(endDebug, 'main');
    assert.equal((await failureOf(run)).kind, 'ContainerFailed');
    assert.deepEqual(await lane.pods(run), []);
  });

  test('a hold ends by itself, and the next try has a pod of its own', async () => {
    const run = await lane.start(
      world.shell('[ "$TEMPORAL_PODS_TRY" = 2 ]', { keepForDebug: '1s', retries: { count: 1, delay: '1ms' } }),
    );
    assert.equal((await resultOf(run)).exitCode, 0);
    assert.deepEqual(
      (await podsOf(run)).map((pod) => pod.try),
      [1, 2],
    );
    assert.deepEqual(await lane.pods(run), []);
  });

  test('a pod that was taken away before it started is replaced for free', async () => {
    const template = { spec: { nodeSelector: { no: 'such-node' } } };
    const run = await lane.start(world.shell('true', { template }));
    const first = await lane.podOf(
      run,
      (pod) => pod.status?.conditions?.some((one) => one.reason === 'Unschedulable') ?? false,
    );
    await world.cluster.deletePod(refOf(first));
    await lane.podOf(run, (pod) => pod.metadata?.uid !== first.metadata?.uid);
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(
      (await podsOf(run)).map((pod) => pod.try),
      [1, 1],
    );
  });

  test('idempotent work that somebody deleted goes on in a new pod, for free', async () => {
    const run = await lane.start(world.shell('echo begun; sleep 600', { idempotent: true }));
    const first = await lane.podOf(run, isRunning);
    await world.cluster.deletePod(refOf(first), 1);
    await lane.podOf(run, (pod) => isRunning(pod) && pod.metadata?.uid !== first.metadata?.uid);
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(
      (await podsOf(run)).map((pod) => pod.try),
      [1, 1],
    );
  });

  test('a program that needs more memory gets it from the author’s own code', async () => {
    const taskQueue = `${lane.taskQueue}-growing`;
    const path = fileURLToPath(new URL('../workflows/support/try-workflows.ts', import.meta.url));
    const stop = await ownWorker(world, taskQueue, path);
    // busybox keeps the whole line in memory.
    const spec = world.shell('head -c 40m /dev/zero | tail | wc -c', {
      resources: { limits: { memory: '24Mi' } },
      retries: { count: 1, delay: '1ms' },
    });
    const { client } = world.temporal;
    const run = await client.workflow.start('growing', { taskQueue, workflowId: taskQueue, args: [spec] });
    const { logs } = await resultOf(run as WorkflowHandle);
    assert.equal(logs.tail.trim(), String(40 * 1024 * 1024));
    assert.deepEqual(
      (await podsOf(run as WorkflowHandle)).map((pod) => pod.spec.resources?.limits?.['memory']),
      ['24Mi', '96Mi'],
    );
    await stop();
  });
});
