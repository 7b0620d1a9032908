/** Runs are found by the failures of their pods, where the namespace has the search attribute; where it has not, nothing is stuck. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { hasPodFailure, markSearchable } from '../../src/worker/search-attributes.ts';
import { failTask, retryTask } from '../../src/workflows/dag/index.ts';
import { temporal, type Temporal } from '../support/temporal.ts';
import { failureOf, reaches } from './support/asking.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import { replayProblems } from './support/replay.ts';

let plain: DagWorker;
let telling: DagWorker;
let server: Temporal;
before(async () => {
  plain = await dagWorker();
  telling = await dagWorker({ interceptors: { activity: [markSearchable] } });
  server = await temporal();
  const { namespace, client } = server;
  const KEYWORD_LIST = 7;
  await client.connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: { PodFailure: KEYWORD_LIST } })
    .catch((error: { details?: string }) => assert.match(String(error.details), /already exists/));
});
after(async () => {
  await plain.close();
  await telling.close();
  await server.close();
});

async function upserts(run: WorkflowHandle): Promise<number> {
  const { events } = await run.fetchHistory();
  return (events ?? []).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
}

test('the worker sees whether its namespace has the attribute', async () => {
  assert.equal(await hasPodFailure(server.nativeConnection, server.namespace), true);
  assert.equal(await hasPodFailure(server.nativeConnection, 'temporal-system'), false);
  assert.equal(await hasPodFailure(server.nativeConnection, 'there-is-no-such-namespace'), false);
});

test('a run whose pods failed is found by the kind, once, though it ended well', async () => {
  const run = await telling.start('outOfMemory');
  await reaches(run, 'hungry:held');
  await run.executeUpdate(retryTask, { args: ['hungry', { spec: { resources: { limits: { memory: '1500Mi' } } } }] });
  await telling.ended(run, 'hungry', 2);
  await reaches(run, 'hungry:held');
  await run.executeUpdate(retryTask, { args: ['hungry', { spec: { resources: { limits: { memory: '2Gi' } } } }] });
  await run.result();
  assert.equal(await upserts(run), 1);
  const query = `PodFailure = 'OOMKilled' AND WorkflowId = '${run.workflowId}'`;
  let found = 0;
  for (let end = Date.now() + 30_000; found === 0 && Date.now() < end;)
    ({ count: found } = await server.client.workflow.count(query));
  assert.equal(found, 1);
});

test('a worker whose namespace has not got it sets nothing', async () => {
  const run = await plain.start('outOfMemory');
  await reaches(run, 'hungry:held');
  await run.executeUpdate(failTask, { args: ['hungry'] });
  await failureOf(run);
  assert.equal(await upserts(run), 0);
});

test('every history of these tests fits the code, whatever the worker that replays it says', async () => {
  assert.deepEqual(await replayProblems(plain.workflowBundle, [...plain.handles, ...telling.handles]), []);
});
