/** Examples that wait and clean up, with a server: what it keeps fits the code. The others: waits.test.ts. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { isCancellation } from '@temporalio/workflow';
import type { Decision } from '../../../src/workflows/examples/approval.ts';
import { failureOf, statesOf } from '../support/asking.ts';
import { examplesWorker, type ExamplesWorker } from '../support/examples-worker.ts';

let worker: ExamplesWorker;
before(async () => (worker = await examplesWorker()));
after(() => worker.close());

const never = new Promise(() => undefined);
async function assertCancelled(run: WorkflowHandle): Promise<void> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
}

suite('a sensor', { concurrency: 4 }, () => {
  test('begins a new history before the old one is long', async () => {
    let looks = 0;
    const sensor = { look: {}, every: '1ms', until: Date.now() + 60_000, perHistory: 2 };
    const run = await worker.start('sensor', [sensor], () => (++looks < 5 ? { exit: 99 } : {}));
    assert.equal(await run.result(), true);
    const histories = Map.groupBy(worker.podsOf(run.workflowId), ({ runId }) => runId);
    assert.deepEqual(
      [...histories.values()].map(({ length }) => length),
      [2, 2, 1],
    );
  });

  test('is cancelled with the run, also between two looks', async () => {
    const run = await worker.start('waitForFile', [{ every: '1h' }], () => ({ exit: 99 }));
    await worker.eventually('the first look', () =>
      worker.podsOf(run.workflowId).find(({ state }) => state === 'ended'),
    );
    await run.cancel();
    await assertCancelled(run);
    assert.equal(worker.tasksOf(run), 'look');
  });
});

suite('a wait for a person', { concurrency: 4 }, () => {
  const decide = (run: WorkflowHandle, decision: unknown) =>
    run.executeUpdate<void, [Decision]>('decide', { args: [decision as Decision] });
  const refusal = async (update: Promise<unknown>) => {
    const error: unknown = await update.catch((reason: unknown) => reason);
    assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
    return error.cause?.message;
  };

  test('goes on as somebody says, who said so is in the result, and once is enough', async () => {
    const building = Promise.withResolvers<void>();
    const run = await worker.start('approval', [], ({ task }) => (task === 'build' ? { after: building.promise } : {}));
    assert.match((await refusal(decide(run, { approved: true }))) ?? '', /by: who/);
    const yes = { approved: true, by: 'ada', why: 'looks good' };
    await decide(run, yes);
    assert.equal(await refusal(decide(run, { approved: false, by: 'bob' })), 'it was decided already, by ada');
    building.resolve();
    assert.deepEqual(await run.result(), yes);
    assert.equal(worker.tasksOf(run), 'build publish');
  });
});

suite('teardown and timeouts', { concurrency: 4 }, () => {
  const lastWords = (run: { workflowId: string }) => worker.podsOf(run.workflowId).at(-1)?.spec.command?.[2];

  test('follows a cancel, when the cancelled pods are gone, and the run is cancelled', async () => {
    const run = await worker.start('withTeardown', [], ({ task }) =>
      task === 'one' || task === 'two' ? { after: never } : {},
    );
    await worker.runs(run.workflowId, 'two');
    await run.cancel();
    await assertCancelled(run);
    assert.equal(worker.endsOf(run), 'one:cancelled pod:ended setup:ended two:cancelled');
    assert.match(lastWords(run) ?? '', /failed or cancelled/);
  });

  test('of a part end that part when its pod is gone, and the rest goes on', async () => {
    const crawl = Promise.withResolvers<void>();
    const run = await worker.start('timeouts', [{ part: '200ms' }], ({ task }) => ({
      after: task === 'enrich' ? never : crawl.promise,
    }));
    await worker.eventually(
      'the part to end',
      async () => (await statesOf(run)).includes('enrich:failed') || undefined,
    );
    crawl.resolve();
    assert.match((await failureOf(run)).message, /enrich: not done within 200ms/);
    assert.equal(worker.endsOf(run), 'crawl:ended enrich:cancelled');
  });
});

suite('replay', () => {
  test('every history of these tests fits the code', async () => assert.deepEqual(await worker.replayAll(), []));
});
