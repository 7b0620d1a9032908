/** The most used recipes on real pods: branch, map, sensor, mutex, and a teardown that a cancel does not stop. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import { eventually, isRunning, real, type Lane, type Real } from '../support/real.ts';

const TEMPORAL_PODS_WORKFLOWS = fileURLToPath(new URL('../../src/workflows/examples/index.ts', import.meta.url));

let world: Real;
let lane: Lane;
let image: string;
const workerOf = (of: Lane) => of.worker({ env: { TEMPORAL_PODS_WORKFLOWS } });
before(async () => {
  world = await real();
  image = world.images.shell;
  lane = world.lane('examples');
  await workerOf(lane);
});
after(async () => {
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const resultOf = async (workflow: string, argument: object): Promise<unknown> =>
  (await lane.startWorkflow(workflow, { image, ...argument })).result();
const handleOf = (workflowId: string, runId?: string) => world.temporal.client.workflow.getHandle(workflowId, runId);

async function podsIn(run: WorkflowHandle): Promise<string[]> {
  const { events } = await run.fetchHistory();
  const scheduled = events?.flatMap((event) => event.activityTaskScheduledEventAttributes ?? []) ?? [];
  return scheduled.filter(({ activityType }) => activityType?.name === 'runPod').map(({ activityId }) => activityId!);
}

/** The runs of a mutex, and which of these runs has it. */
function mutexOf(warehouse: string) {
  const id = `mutex/warehouse-${warehouse}`;
  const holder = (runs: WorkflowHandle[], not?: WorkflowHandle) =>
    eventually('one of them to have it', async () => {
      const described = await handleOf(id)
        .describe()
        .catch(() => undefined);
      const run = runs.find(({ workflowId }) => workflowId === described?.parentExecution?.workflowId);
      return described && run && run !== not ? { run, section: handleOf(id, described.runId) } : undefined;
    });
  return { holder };
}

suite('recipes on real pods', { concurrency: 3, timeout: 240_000 }, () => {
  // The longest one first: a heartbeat has to time out.
  test('a mutex outlives the worker: it is free when the pod behind it is over, and that pod runs once', async () => {
    const own = world.lane('examples-killed');
    const first = await workerOf(own);
    const runs = [
      await own.startWorkflow('mutex', { image, warehouse: own.taskQueue }),
      await own.startWorkflow('mutex', { image, warehouse: own.taskQueue }),
    ];
    const { holder } = mutexOf(own.taskQueue);
    const one = await holder(runs);
    await eventually('its pod to be under way', async () => (await podsIn(one.section))[0]);
    await first.kill('SIGKILL');
    await workerOf(own);
    const other = await holder(runs, one.run);
    assert.equal((await one.section.describe()).status.name, 'COMPLETED');
    for (const run of runs) assert.equal(await run.result(), 'loaded');
    assert.deepEqual([await podsIn(one.section), await podsIn(other.section)], [['load-1'], ['load-1']]);
  });

  test('a mutex is free when the run that had it is terminated and its pod is gone', async () => {
    const runs = [
      await lane.startWorkflow('mutex', { image, warehouse: lane.taskQueue }),
      await lane.startWorkflow('mutex', { image, warehouse: lane.taskQueue }),
    ];
    const { holder } = mutexOf(lane.taskQueue);
    const { run, section } = await holder(runs);
    await run.terminate();
    await section.result().catch(() => undefined);
    // Closed only after its pod was seen to be gone.
    assert.equal((await section.describe()).status.name, 'CANCELLED');
    for (const other of runs) if (other !== run) assert.equal(await other.result(), 'loaded');
  });

  test('a pod that was killed for memory gets more of it', async () => {
    const run = await lane.startWorkflow('moreMemoryNextTry', { image: world.images.python, megabytes: 100 });
    assert.match(String(await run.result()), /fitted 104857600/);
    assert.deepEqual(await podsIn(run), ['fit-1', 'fit-2']);
  });

  test('a branch goes to the side that a pod says', async () => {
    assert.equal(await resultOf('branch', { day: 'sunday' }), '1000 rows');
    assert.equal(await resultOf('branch', { day: 'monday' }), '10 rows');
  });

  test('a map has a pod for each item that another pod found', async () => {
    assert.equal(await resultOf('mapping', { files: 'a.csv bb.csv ccc.csv' }), 18);
  });

  test('a sensor looks with one pod after another, until one says yes', async () => {
    const ready = Math.floor(Date.now() / 1000) + 8;
    const run = await lane.startWorkflow('waitForFile', { image, every: '1s', test: `[ $(date +%s) -ge ${ready} ]` });
    assert.equal(await run.result(), 'loaded');
    const looks = await podsIn(handleOf(`${run.workflowId}/arrived`));
    assert.ok(looks.length > 1, looks.join());
    assert.deepEqual(await podsIn(run), ['load-1']);
  });

  test('a cancelled run tears down with a pod, after its other pods are gone', async () => {
    const run = await lane.startWorkflow('withTeardown', { image, work: 'echo begun; sleep 600' });
    await eventually('both pods to run', async () => {
      const running = (await lane.pods(run)).filter(isRunning);
      return running.length === 2 || undefined;
    });
    await run.cancel();
    const error: unknown = await run.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
    assert.ok((await lane.lines(run)).includes('tearing down what is failed or cancelled'));
    assert.deepEqual(await lane.pods(run), []);
  });
});
