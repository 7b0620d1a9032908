/** The most used recipes on real pods: branch, sensor, mutex and a finally that a cancel does not stop. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { isCancellation } from '@temporalio/workflow';
import { ownWorker } from '../support/own-worker.ts';
import { eventually, isRunning, real, type Lane, type Real } from '../support/real.ts';

const workflowsPath = fileURLToPath(new URL('../../src/workflows/examples/index.ts', import.meta.url));

let world: Real;
let lane: Lane;
let image: string;
let stop: () => Promise<void>;
before(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  world = await real();
  image = world.images.shell;
  lane = world.lane('examples');
  stop = await ownWorker(world, lane.taskQueue, workflowsPath);
});
after(async () => {
  const left = await world.left();
  await stop();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const resultOf = async (workflow: string, argument: object): Promise<unknown> =>
  (await lane.startWorkflow(workflow, { image, ...argument })).result();

const child = (run: WorkflowHandle, name: string) =>
  world.temporal.client.workflow.getHandle(`${run.workflowId}/${name}`);

suite('examples on real pods', { concurrency: 4, timeout: 200_000 }, () => {
  test('a branch goes to the side that a pod says', async () => {
    assert.equal(await resultOf('branch', { day: 'sunday' }), '1000 rows');
    assert.equal(await resultOf('branch', { day: 'monday' }), '10 rows');
  });

  test('a map has a pod for each item that another pod found', async () => {
    assert.equal(await resultOf('mapping', { files: 'a.csv bb.csv ccc.csv' }), 18);
  });

  test('a sensor looks with a pod after another, until one says yes', async () => {
    const ready = Math.floor(Date.now() / 1000) + 5;
    const run = await lane.startWorkflow('waitForFile', { image, every: '1s', test: `[ $(date +%s) -ge ${ready} ]` });
    assert.equal(await run.result(), 'loaded');
    const { events } = await child(run, 'arrived').fetchHistory();
    const looks = events?.filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'runPod',
    );
    assert.ok(looks && looks.length > 1, `${looks?.length} looks`);
  });

  test('a cancelled run tears down with a pod, after its other pods are gone', async () => {
    const run = await lane.startWorkflow('withTeardown', { image, work: 'echo begun; exec sleep 600' });
    await lane.podOf(run, (pod) => isRunning(pod) && /-one-|-two-/.test(pod.metadata?.name ?? ''));
    await run.cancel();
    const error: unknown = await run.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
    assert.ok((await lane.lines(run)).includes('tearing down what is failed or cancelled'));
    assert.deepEqual(await lane.pods(run), []);
  });

  test('two runs with one mutex load one after the other, also when one is terminated at it', async () => {
    const warehouse = lane.taskQueue;
    const [first, second] = [
      await lane.startWorkflow('mutex', { image, warehouse }),
      await lane.startWorkflow('mutex', { image, warehouse }),
    ];
    const lock = world.temporal.client.workflow.getHandle(`mutex/warehouse-${warehouse}`);
    const holder = await eventually('one of them to have it', async () => {
      const { raw } = await lock.describe().catch(() => ({ raw: undefined }));
      const id = raw?.workflowExecutionInfo?.parentExecution?.workflowId;
      return [first, second].find((run) => run.workflowId === id);
    });
    await holder.terminate();
    const other = holder === first ? second : first;
    assert.equal(await other.result(), 'loaded');
  });
});
