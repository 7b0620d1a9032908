/** A worker that is killed while a task is held: nothing of it is lost, for nothing of it was only in the worker. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { retryTask } from '../../src/workflows/dag/index.ts';
import { temporal } from '../support/temporal.ts';
import { activityIds, nodeOf, reaches } from './support/asking.ts';
import { dagProcess, kill } from './support/dag-process.ts';
import { workflowsPath } from './support/dag-worker.ts';
import type { controlled } from './support/index.ts';
import { replayProblems } from './support/replay.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const server = await temporal();
const workers: ChildProcess[] = [];
after(async () => {
  for (const worker of workers) await kill(worker);
  await server.close();
});
const start = async (taskQueue: string) => {
  const worker = await dagProcess(taskQueue);
  workers.push(worker);
  return worker;
};

test('a task is held, its worker is killed twice, and the next one carries out what was decided in between', async () => {
  const taskQueue = `dag-killed-${randomUUID()}`;
  const first = await start(taskQueue);
  const run = await server.client.workflow.start<typeof controlled>('controlled', {
    args: [{ hold: '1h' }],
    taskQueue,
    workflowId: taskQueue,
    workflowExecutionTimeout: '5m',
  });
  const HELD = 'bad:held needs:waiting catches:waiting settled:waiting lone:done';
  await reaches(run, HELD);
  const { heldUntil } = await nodeOf(run, 'bad');
  await kill(first);
  const second = await start(taskQueue);
  await reaches(run, HELD);
  assert.equal((await nodeOf(run, 'bad')).heldUntil, heldUntil);
  await kill(second);
  // Nobody is there to hear it; it waits for the next worker.
  const decided = run.executeUpdate(retryTask, { args: ['bad', { spec: { fail: null, output: 'mended' } }] });
  await start(taskQueue);
  await decided;
  assert.deepEqual(await run.result(), ['mended', 'mended', ['fulfilled']]);
  assert.deepEqual((await activityIds(run)).sort(), ['bad-1', 'bad-2', 'lone-1', 'needs-1']);
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  assert.deepEqual(await replayProblems(bundle, [run]), []);
});
