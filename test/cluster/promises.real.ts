/** The three promises, on real pods: no pod is left, no work is done twice or called done when it was not, no line is lost. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import { refOf } from '../../src/pod/identity.ts';
import { sweeperId } from '../../src/worker/sweeper.ts';
import type { PodFailureDetails, PodRecord, PodResult, SweepReport } from '../../src/contract/index.ts';
import { eventually, isRunning, real, type Real } from '../support/real.ts';

let world: Real;
before(async () => {
  world = await real();
});
after(async () => {
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

/** Prints a line every 50 ms, 1 to `count`, to two streams. */
const counting = (count: number) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); if [ $((i%2)) = 0 ]; then echo $i; else echo $i >&2; fi; usleep 50000; done`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
const sorted = (lines: string[]) => [...lines].sort((a, b) => Number(a) - Number(b));

const resultOf = (run: WorkflowHandle) => run.result() as Promise<PodResult>;

/** The failure of the run's one pod. */
async function failureOf(run: WorkflowHandle): Promise<{ type: string; details: PodFailureDetails }> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type !== 'DagFailed')
      return { type: cause.type ?? '', details: cause.details?.[0] as PodFailureDetails };
  throw new Error('no failure of a pod', { cause: error });
}

async function assertCancelled(run: WorkflowHandle): Promise<void> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
  assert.equal((await run.describe()).status.name, 'CANCELLED');
}

const pendingRecord = async (run: WorkflowHandle) => {
  const { raw } = await run.describe();
  return raw.pendingActivities?.[0];
};

/** An attempt of it is with a worker (PENDING_ACTIVITY_STATE_STARTED). */
const isStarted = (activity: { state?: unknown } | null | undefined) => activity?.state === 2;

suite('the three promises, on real pods', { concurrency: 4, timeout: 300_000 }, () => {
  test('another exit code than 0 fails the task with code, lines and node, and the pod is gone', async () => {
    const lane = world.lane('exit');
    const worker = await lane.worker();
    const run = await lane.start(world.shell('echo working; echo broken >&2; exit 3'));
    const { type, details } = await failureOf(run);
    assert.equal(type, 'ContainerFailed');
    assert.equal(details.exitCode, 3);
    assert.match(details.logs?.tail ?? '', /broken/);
    assert.deepEqual(await lane.pods(run), []);
    await worker.kill('SIGTERM');
  });

  test('a cancel while it runs: SIGTERM, its last lines, gone, and the run is Cancelled', async () => {
    const lane = world.lane('cancel');
    const worker = await lane.worker();
    const run = await lane.start(
      world.shell("trap 'echo tidied; exit 0' TERM; echo begun; while :; do usleep 50000; done"),
    );
    await lane.printed(run, 'begun');
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(await lane.pods(run), []);
    assert.deepEqual(await lane.lines(run), ['begun', 'tidied']);
    await worker.kill('SIGTERM');
  });

  test('a worker killed in the middle: the next one adopts the same pod, and every line is there once', async () => {
    const lane = world.lane('sigkill');
    const first = await lane.worker();
    const run = await lane.start(world.shell(counting(400)));
    await lane.printed(run, '40');
    const { uid } = refOf(await lane.podOf(run, isRunning));
    await first.kill('SIGKILL');
    const second = await lane.worker();
    const result = await resultOf(run);
    assert.equal(result.pod.uid, uid);
    assert.deepEqual(sorted(await lane.lines(run)), numbers(400));
    assert.deepEqual(await lane.pods(run), []);
    await second.kill('SIGTERM');
  });

  test('a worker told to stop: the pod lives on, and the next worker brings it home', async () => {
    const lane = world.lane('sigterm');
    const first = await lane.worker();
    const run = await lane.start(world.shell(counting(200)));
    await lane.printed(run, '20');
    const { uid } = refOf(await lane.podOf(run, isRunning));
    await first.kill('SIGTERM');
    assert.equal(refOf(await lane.podOf(run, isRunning)).uid, uid);
    const second = await lane.worker();
    const result = await resultOf(run);
    assert.equal(result.pod.uid, uid);
    assert.deepEqual(sorted(await lane.lines(run)), numbers(200));
    await second.kill('SIGTERM');
  });

  test('a worker frozen past its heartbeat and woken: one pod, one result, every line once', async () => {
    const lane = world.lane('frozen');
    const frozen = await lane.worker();
    const run = await lane.start(world.shell(counting(1200)));
    await lane.printed(run, '20');
    const { uid } = refOf(await lane.podOf(run, isRunning));
    frozen.freeze();
    const healthy = await lane.worker();
    await eventually('another attempt', async () => {
      const activity = await pendingRecord(run);
      return activity && activity.attempt !== 1 ? true : undefined;
    });
    frozen.wake();
    const result = await resultOf(run);
    assert.equal(result.pod.uid, uid);
    assert.deepEqual(sorted(await lane.lines(run)), numbers(1200));
    assert.deepEqual(await lane.pods(run), []);
    await frozen.kill('SIGTERM');
    await healthy.kill('SIGTERM');
  });

  test('a terminated workflow: its pod goes while a worker lives', async () => {
    const lane = world.lane('terminate');
    const worker = await lane.worker();
    const run = await lane.start(world.shell('echo begun; sleep 600'));
    await lane.printed(run, 'begun');
    await run.terminate('to see what becomes of the pod');
    await eventually('the pod to go', async () => ((await lane.pods(run)).length === 0 ? true : undefined));
    await worker.kill('SIGTERM');
  });

  test('a cancel before the create: no pod, ever', async () => {
    const lane = world.lane('early');
    const worker = await lane.worker({ maxPods: 1 });
    const holder = await lane.start(world.shell('echo begun; sleep 600'));
    await lane.printed(holder, 'begun');
    const run = await lane.start(world.shell('echo never'));
    await eventually('the activity to be scheduled', async () => (await pendingRecord(run)) ?? undefined);
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(await lane.lines(run), []);
    await holder.cancel();
    await assertCancelled(holder);
    await worker.kill('SIGTERM');
  });

  test('a cancel while it is pending: the pod goes without ever having run', async () => {
    const lane = world.lane('pending');
    const worker = await lane.worker();
    const run = await lane.start(
      world.shell('echo never', { template: { spec: { nodeSelector: { no: 'such-node' } } } }),
    );
    await lane.podOf(run, (pod) => pod.status?.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false);
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(await lane.pods(run), []);
    await worker.kill('SIGTERM');
  });

  test('a cancel that reaches no attempt, because none has a slot: the pod goes all the same', async () => {
    const lane = world.lane('backoff');
    const first = await lane.worker();
    const runs = [
      await lane.start(world.shell('echo begun; sleep 600')),
      await lane.start(world.shell('echo begun; sleep 600')),
    ];
    for (const run of runs) await lane.printed(run, 'begun');
    await first.kill('SIGTERM');
    const second = await lane.worker({ maxPods: 1 });
    // The one slot is taken by one of them; the other waits for its next attempt.
    const waiting = await eventually('one to be adopted', async () => {
      const states = await Promise.all(runs.map(pendingRecord));
      return states.some(isStarted) ? runs.find((_, at) => !isStarted(states[at])) : undefined;
    });
    await waiting.cancel();
    await assertCancelled(waiting);
    assert.deepEqual(await lane.pods(waiting), []);
    for (const run of runs.filter((one) => one !== waiting)) {
      await run.cancel();
      await assertCancelled(run);
    }
    await second.kill('SIGTERM');
  });

  test('a cancel while it is paused: the pod, left for the next attempt, goes', async () => {
    const lane = world.lane('paused');
    const worker = await lane.worker();
    const run = await lane.start(world.shell('echo begun; sleep 600'));
    await lane.printed(run, 'begun');
    const { client, namespace } = world.temporal;
    await client.workflowService.pauseActivity({
      namespace,
      execution: { workflowId: run.workflowId },
      id: 'main-1',
      identity: 'test',
    });
    await eventually('the attempt to end', async () => {
      const activity = await pendingRecord(run);
      return activity?.paused && !isStarted(activity) ? true : undefined;
    });
    assert.equal((await lane.pods(run)).length, 1, 'a pause leaves the pod');
    await run.cancel();
    await assertCancelled(run);
    assert.deepEqual(await lane.pods(run), []);
    await worker.kill('SIGTERM');
  });

  test('a pod deleted from outside that traps TERM and ends with 0 is no success', async () => {
    const lane = world.lane('outside');
    const worker = await lane.worker();
    const run = await lane.start(world.shell("trap 'exit 0' TERM; echo begun; while :; do usleep 50000; done"));
    await lane.printed(run, 'begun');
    await world.cluster.deletePod(refOf(await lane.podOf(run, isRunning)));
    const { type, details } = await failureOf(run);
    assert.equal(type, 'PodDeleted');
    assert.equal(details.startedEver, true);
    await worker.kill('SIGTERM');
  });

  test('while it waits, Pending Activities says why in Kubernetes’ words', async () => {
    const lane = world.lane('why');
    const worker = await lane.worker();
    const run = await lane.start(world.shell('true', { template: { spec: { nodeSelector: { no: 'such-node' } } } }));
    const record = await eventually('the scheduler’s words', async () => {
      const details = (await pendingRecord(run))?.heartbeatDetails?.payloads?.[0]?.data;
      const found = details && (JSON.parse(Buffer.from(details).toString()) as PodRecord);
      return found?.reason?.startsWith('Unschedulable') ? found : undefined;
    });
    assert.match(record.reason ?? '', /node affinity\/selector/);
    await run.cancel();
    await assertCancelled(run);
    await worker.kill('SIGTERM');
  });

  test('a workflow terminated while no worker lives leaves a pod, and the next worker’s sweeper takes it', async () => {
    const lane = world.lane('sweep');
    const namespaces = [await world.createNamespace('sweep')];
    const first = await lane.worker({ namespaces });
    const run = await lane.start(world.shell('echo begun; sleep 600'));
    await lane.printed(run, 'begun');
    await first.kill('SIGKILL');
    await run.terminate('to see what becomes of the pod');
    const second = await lane.worker({ sweepEvery: '1h', namespaces });
    assert.equal((await lane.pods(run)).length, 1);
    const schedule = world.temporal.client.schedule.getHandle(sweeperId(lane.taskQueue));
    const { action } = await schedule.describe();
    assert.equal(action.workflowType, 'sweep');
    await schedule.delete();
    const sweep = await lane.startWorkflow('sweep', { minAge: 0 });
    const { swept } = (await sweep.result()) as SweepReport;
    assert.ok(swept.some(({ pod }) => pod.name.startsWith('main-')));
    await eventually('the pod to go', async () => ((await lane.pods(run)).length === 0 ? true : undefined));
    await second.kill('SIGTERM');
  });
});
