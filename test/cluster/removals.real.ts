/** The time between a good end and the moment when its pod is gone: the run goes on meanwhile, and does not end before. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import type { PodResult, SweepReport } from '../../src/contract/index.ts';
import { setFinalizers, touch } from '../support/administrator.ts';
import {
  eventually,
  isRunning,
  real,
  type Lane,
  type Real,
  type RunningWorker,
  type WorkerOptions,
} from '../support/real.ts';

const FINALIZER = 'example.com/accounting';
const WORKFLOWS = { TEMPORAL_PODS_WORKFLOWS: fileURLToPath(new URL('two-steps.ts', import.meta.url)) };
const UNTIL_TOLD = 'echo begun; while [ ! -e /tmp/go ]; do sleep 0.1; done';

let world: Real;
/** What each worker gets. The namespace is its own, because one test sweeps it. */
let options: WorkerOptions;
before(async () => {
  world = await real();
  options = { env: WORKFLOWS, namespaces: [await world.createNamespace('removals')] };
});
after(async () => {
  const left = await world.left();
  await world.close();
  assert.deepEqual(left, [], 'the cluster holds no pod of ours');
});

const isOf = (task: string) => (pod: { metadata?: { labels?: Record<string, string> } }) =>
  pod.metadata?.labels?.['temporal-pods/task'] === task;

interface Between {
  lane: Lane;
  worker: RunningWorker;
  run: WorkflowHandle;
  /** Lets the second task end. */
  goOn: () => Promise<void>;
  /** Takes away what keeps the first pod from being gone. */
  release: () => Promise<void>;
}

/** The first task has its result, its pod is held back by a finalizer, and the second one runs. */
async function between(name: string): Promise<Between> {
  const lane = world.lane(name);
  const worker = await lane.worker(options);
  const first = world.shell(`${UNTIL_TOLD}; echo 1 > /dev/termination-log`);
  const run = await lane.startWorkflow('twoSteps', { first, last: world.shell(UNTIL_TOLD) });
  const one = await lane.podOf(run, isRunning);
  await setFinalizers(one, [FINALIZER]);
  await touch(one, '/tmp/go');
  const two = await lane.podOf(run, (pod) => isOf('last')(pod) && isRunning(pod));
  assert.ok((await lane.pods(run)).some(isOf('first')), 'the pod of the first task is there');
  return { lane, worker, run, goOn: () => touch(two, '/tmp/go'), release: () => setFinalizers(one, []) };
}

const isGone = (lane: Lane, run: WorkflowHandle) =>
  eventually('the pods to go', async () => ((await lane.pods(run)).length === 0 ? true : undefined));

suite('a pod whose result is known, and that is not gone yet', { concurrency: 3, timeout: 170_000 }, () => {
  test('is seen to be gone before its run ends, and its result says so', async () => {
    const { lane, worker, run, goOn, release } = await between('removal-done');
    await release();
    await goOn();
    const results = (await run.result()) as PodResult[];
    assert.deepEqual(await lane.pods(run), []);
    assert.deepEqual(
      results.map(({ cleanup }) => cleanup),
      [{ gone: true }, { gone: true }],
    );
    await worker.kill('SIGTERM');
  });

  test('is named by its run, with its finalizer, when somebody holds it back for good', async () => {
    const { lane, worker, run, goOn, release } = await between('removal-held');
    await goOn();
    const [first, last] = (await run.result()) as PodResult[];
    assert.deepEqual([first?.cleanup.gone, first?.cleanup.over, last?.cleanup], [false, true, { gone: true }]);
    assert.match(first?.cleanup.error ?? '', new RegExp(FINALIZER));
    await release();
    await isGone(lane, run);
    await worker.kill('SIGTERM');
  });

  test('goes with its run when its worker is killed, and runs nothing twice', async () => {
    const { lane, worker, run, goOn, release } = await between('removal-killed');
    await worker.kill('SIGKILL');
    await release();
    const next = await lane.worker(options);
    await goOn();
    assert.equal(((await run.result()) as PodResult[]).length, 2);
    assert.deepEqual(await lane.pods(run), []);
    assert.deepEqual(await lane.lines(run), ['begun', 'begun']);
    await next.kill('SIGTERM');
  });

  test('goes with a run that is cancelled', async () => {
    const { lane, worker, run, release } = await between('removal-cancelled');
    await release();
    await run.cancel();
    const error: unknown = await run.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof Error && isCancellation(error.cause), String(error));
    assert.deepEqual(await lane.pods(run), []);
    await worker.kill('SIGTERM');
  });

  test('is swept when its run is terminated while no worker lives', async () => {
    const { lane, worker, run, release } = await between('removal-terminated');
    await worker.kill('SIGKILL');
    await run.terminate();
    await release();
    const next = await lane.worker(options);
    const sweep = await lane.startWorkflow('sweep', { minAge: 0 });
    assert.ok(((await sweep.result()) as SweepReport).swept.length > 0);
    await isGone(lane, run);
    await next.kill('SIGTERM');
  });
});
