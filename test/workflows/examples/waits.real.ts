/** Examples that wait, give up, catch and clean up. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import type { Decision } from '../../../src/workflows/examples/approval.ts';
import { failureOf, statesOf } from '../support/asking.ts';
import { examplesWorker, type ExamplesWorker } from '../support/examples-worker.ts';

let worker: ExamplesWorker;
before(async () => (worker = await examplesWorker()));
after(() => worker.close());

const never = new Promise(() => undefined);
const typeOf = (error: Error) => (error instanceof ApplicationFailure ? error.type : error.name);
async function assertCancelled(run: WorkflowHandle): Promise<void> {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && isCancellation(error.cause), String(error));
}

suite('a sensor', { concurrency: 4 }, () => {
  test('looks until it is there, and then the next task runs', async () => {
    let looks = 0;
    const run = await worker.start('waitForFile', [{ every: '1ms' }], ({ task }) =>
      task === 'look' && ++looks < 4 ? { exit: 99 } : {},
    );
    assert.equal(await run.result(), 'loaded');
    assert.equal(worker.tasksOf(run), 'look look look look load');
  });

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

  test('looks less and less often, when it shall', async () => {
    let looks = 0;
    const sensor = { look: {}, every: '1ms', factor: 3, atMost: '5ms', until: Date.now() + 60_000 };
    const run = await worker.start('sensor', [sensor], () => (++looks < 4 ? { exit: 99 } : {}));
    assert.equal(await run.result(), true);
    const { events } = await run.fetchHistory();
    const waits = events?.flatMap((event) => event.timerStartedEventAttributes?.startToFireTimeout ?? []);
    assert.deepEqual(
      waits?.map(({ nanos }) => Number(nanos) / 1e6),
      [1, 3, 5],
    );
  });

  test('that sees nothing in time is no failure: what stands behind it does not run', async () => {
    const run = await worker.start('waitForFile', [{ every: '1h', timeout: '300ms' }], () => ({ exit: 99 }));
    assert.equal(await run.result(), 'nothing came');
    assert.match(worker.tasksOf(run), /^look( look)*$/);
  });

  test('whose look fails, fails', async () => {
    const run = await worker.start('waitForFile', [{}], () => ({ exit: 1 }));
    assert.match((await failureOf(run)).message, /arrived: 1 of 1 tasks failed: look/);
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

  test('a no publishes nothing', async () => {
    const run = await worker.start('approval', []);
    await decide(run, { approved: false, by: 'bob' });
    assert.deepEqual(await run.result(), { approved: false, by: 'bob' });
    assert.equal(worker.tasksOf(run), 'build');
  });

  test('after the deadline the answer is no', async () => {
    const run = await worker.start('approval', [{ deadline: '100ms' }]);
    const no = { approved: false, by: 'nobody', why: 'no answer within 100ms' };
    assert.deepEqual(await run.result(), no);
  });
});

suite('teardown', { concurrency: 4 }, () => {
  const lastWords = (run: { workflowId: string }) => worker.podsOf(run.workflowId).at(-1)?.spec.command?.[2];

  test('follows a good end', async () => {
    const run = await worker.start('withTeardown', []);
    assert.equal(await run.result(), 'done');
    assert.equal(worker.endsOf(run), 'one:ended pod:ended setup:ended two:ended');
    assert.equal(lastWords(run), 'echo tearing down what is done');
  });

  test('follows a failure, when all other pods are over, and the failure stays', async () => {
    const two = Promise.withResolvers<void>();
    const run = await worker.start('withTeardown', [], ({ task }) =>
      task === 'one' ? { exit: 1 } : task === 'two' ? { after: two.promise } : {},
    );
    await worker.runs(run.workflowId, 'two');
    await worker.eventually(
      'one to have failed',
      async () => (await statesOf(run)).includes('one:failed') || undefined,
    );
    assert.equal(worker.endsOf(run), 'one:ended setup:ended two:runs');
    two.resolve();
    assert.match((await failureOf(run)).message, /1 of 3 tasks failed: one/);
    assert.equal(worker.endsOf(run), 'one:ended pod:ended setup:ended two:ended');
  });

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
});

suite('failures', { concurrency: 4 }, () => {
  test('one that is caught has a stand-in, and the run succeeds', async () => {
    let tries = 0;
    const run = await worker.start('catchFailure', [], () => (++tries === 1 ? { exit: 1 } : { output: 'yesterday' }));
    assert.equal(await run.result(), 'yesterday');
    assert.equal(await statesOf(run), 'prices:done');
  });

  test('one that was not meant is not caught', async () => {
    const run = await worker.start('catchFailure', [], () => ({ fail: 'OOMKilled' }));
    assert.match((await failureOf(run)).message, /prices: OOMKilled/);
    assert.equal(worker.tasksOf(run), 'prices');
  });

  test('after OOMKilled the next try has twice the memory', async () => {
    const run = await worker.start('moreMemoryNextTry', [], ({ spec }) =>
      spec.resources?.limits?.['memory'] === '256Mi' ? {} : { fail: 'OOMKilled' },
    );
    await run.result();
    assert.deepEqual(
      worker.podsOf(run.workflowId).map(({ spec }) => spec.resources?.limits?.['memory']),
      ['64Mi', '128Mi', '256Mi'],
    );
  });
});

suite('timeouts', { concurrency: 4 }, () => {
  test('of a task are in its spec', async () => {
    const run = await worker.start('timeouts', [{}]);
    assert.equal(await run.result(), 'done');
    const crawl = worker.podsOf(run.workflowId).find(({ task }) => task === 'crawl');
    assert.deepEqual(crawl?.spec.timeouts, { start: '10m', run: '1h', total: '2h' });
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

  test('of the whole end it as failed, when every pod is gone', async () => {
    const run = await worker.start('timeouts', [{ all: '300ms' }], () => ({ after: never }));
    const failure = await failureOf(run);
    assert.deepEqual([typeOf(failure), failure.message], ['TimedOut', 'not done within 300ms']);
    assert.equal(worker.endsOf(run), 'crawl:cancelled enrich:cancelled');
  });

  test('a cancel is no timeout', async () => {
    const run = await worker.start('timeouts', [{}], () => ({ after: never }));
    await worker.runs(run.workflowId, 'enrich');
    await run.cancel();
    await assertCancelled(run);
  });
});

suite('an alert', { concurrency: 4 }, () => {
  test('comes while the task is late, and ends nothing', async () => {
    const load = Promise.withResolvers<void>();
    const run = await worker.start('alertWhenLate', [{ sla: '100ms' }], ({ task }) =>
      task === 'load' ? { after: load.promise } : { exit: 1 },
    );
    await worker.eventually('the alert', () => worker.podsOf(run.workflowId).find(({ task }) => task === 'alert'));
    load.resolve();
    await run.result();
    assert.equal(await statesOf(run), 'load:done alert:done', 'also when nobody could be told');
  });

  test('does not come when the task is in time, or has failed in time', async () => {
    const run = await worker.start('alertWhenLate', []);
    await run.result();
    const failed = await worker.start('alertWhenLate', [], () => ({ exit: 1 }));
    await failureOf(failed);
    assert.deepEqual([worker.tasksOf(run), worker.tasksOf(failed)], ['load', 'load']);
  });
});

suite('big data', () => {
  test('stays where it is: the next pod is told the address', async () => {
    const run = await worker.start('bigData', [], ({ task }) => ({
      output: task === 'extract' ? { path: '/data/there.txt' } : 1_000_000,
    }));
    assert.equal(await run.result(), 1_000_000);
    assert.equal(worker.podsOf(run.workflowId).at(-1)?.spec.env?.['FILE'], '/data/there.txt');
  });
});

suite('replay', () => {
  test('every history of these tests fits the code', async () => assert.deepEqual(await worker.replayAll(), []));
});
