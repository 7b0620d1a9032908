/** Examples that wait, give up, catch and clean up, simulated. What a server adds is tried in waits.real.ts. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { fails, type RunningRun, type StandIn } from '../../../src/testing/library.ts';
import * as examples from '../../../src/workflows/examples/index.ts';
import { endsOf, simulate, statesOf, tasksOf } from './simulated.ts';

before(() => simulate.load());

const NOT_YET = { exitCode: 99 };
const isCancelled = ({ failure }: { failure: Error | undefined }) =>
  assert.ok(failure instanceof CancelledFailure, String(failure));
const took = ({ startedAt, endedAt }: { startedAt: Date; endedAt: Date }) => endedAt.getTime() - startedAt.getTime();

suite('a sensor', () => {
  test('looks until it is there, and then the next task runs', async () => {
    const run = await simulate(
      examples.waitForFile,
      { every: '1h' },
      { look: [NOT_YET, NOT_YET, NOT_YET, {}], load: {} },
    );
    assert.equal(run.result, 'loaded');
    assert.equal(tasksOf(run), 'look look look look load');
    assert.equal(took(run), 3 * 3_600_000 + 5_000);
  });

  test('begins a new history before the old one is long', async () => {
    const input = { look: { image: 'x' }, every: '1m', until: Date.now() + 86_400_000, perHistory: 2 };
    const run = await simulate(examples.sensor, input, { look: [NOT_YET, NOT_YET, NOT_YET, NOT_YET, {}] });
    assert.equal(run.result, true);
    const histories = Map.groupBy(run.pods.look, ({ runId }) => runId);
    assert.deepEqual(
      [...histories.values()].map(({ length }) => length),
      [2, 2, 1],
    );
  });

  test('looks less and less often, when it shall', async () => {
    const input = { look: { image: 'x' }, every: '1m', factor: 3, atMost: '5m', until: Date.now() + 86_400_000 };
    const { pods } = await simulate(examples.sensor, input, { look: [NOT_YET, NOT_YET, NOT_YET, {}] });
    const waits = pods.look
      .slice(1)
      .map(({ startedAt }, at) => startedAt.getTime() - pods.look[at]!.endedAt!.getTime());
    assert.deepEqual(waits, [60_000, 180_000, 300_000]);
  });

  test('that sees nothing in time is no failure: what stands behind it does not run', async () => {
    const run = await simulate(examples.waitForFile, { every: '1h', timeout: '7d' }, { look: NOT_YET });
    assert.equal(run.result, 'nothing came');
    assert.equal(run.pods.look.length, 169);
  });

  test('whose look fails, fails', async () => {
    const run = await simulate(examples.waitForFile, {}, { look: { exitCode: 1 } });
    assert.match(run.failure?.message ?? '', /arrived: 1 of 1 tasks failed: look/);
  });

  test('is cancelled with the run, also between two looks', async () => {
    const run = await simulate(
      examples.waitForFile,
      { every: '1h' },
      { look: [NOT_YET] },
      {
        async during(run) {
          await run.sleep('30m');
          await run.cancel();
        },
      },
    );
    isCancelled(run);
  });
});

suite('a wait for a person', () => {
  test('goes on as somebody says, who said so is in the result, and once is enough', async () => {
    const yes = { approved: true, by: 'ada', why: 'looks good' };
    const run = await simulate(
      examples.approval,
      {},
      { build: { takes: '1h' }, publish: {} },
      {
        async during(run) {
          await run.until('build', 'running');
          await assert.rejects(run.update('decide', { approved: true }), /by: who/);
          await run.update('decide', yes);
          const again = run.update('decide', { approved: false, by: 'bob' });
          await assert.rejects(again, { message: 'it was decided already, by ada' });
        },
      },
    );
    assert.deepEqual(run.result, yes);
    assert.equal(tasksOf(run), 'build publish');
  });

  test('a no publishes nothing', async () => {
    const no = { approved: false, by: 'bob' };
    const during = async (run: RunningRun) => void (await run.update('decide', no));
    const run = await simulate(examples.approval, {}, { build: {} }, { during });
    assert.deepEqual(run.result, no);
  });

  test('after the deadline the answer is no', async () => {
    const run = await simulate(examples.approval, { deadline: '8h' }, { build: {} });
    assert.deepEqual(run.result, { approved: false, by: 'nobody', why: 'no answer within 8h' });
  });
});

suite('teardown', () => {
  const lastWords = ({ allPods }: Parameters<typeof tasksOf>[0]) => allPods.at(-1)?.spec.command?.[2];

  test('follows a good end', async () => {
    const run = await simulate(examples.withTeardown, {}, { setup: {}, one: {}, two: {}, pod: {} });
    assert.equal(run.result, 'done');
    assert.equal(lastWords(run), 'echo tearing down what is done');
  });

  test('follows a failure, when all other pods are over, and the failure stays', async () => {
    const standIns = { setup: {}, one: { exitCode: 1 }, two: { takes: '1h' }, pod: {} };
    const run = await simulate(examples.withTeardown, {}, standIns);
    assert.match(run.failure?.message ?? '', /1 of 3 tasks failed: one/);
    assert.ok(run.pods.pod[0]!.startedAt >= run.pods.two[0]!.endedAt!);
  });

  test('follows a cancel, when the cancelled pods are gone, and the run is cancelled', async () => {
    const standIns = { setup: {}, one: { takes: '2h' }, two: { takes: '2h' }, pod: {} };
    const run = await simulate(examples.withTeardown, {}, standIns, {
      async during(run) {
        await run.until('two', 'running');
        await run.cancel();
      },
    });
    isCancelled(run);
    assert.equal(endsOf(run), 'one:cancelled pod:succeeded setup:succeeded two:cancelled');
    assert.ok(run.pods.pod[0]!.startedAt >= run.pods.two[0]!.endedAt!);
    assert.match(lastWords(run) ?? '', /failed or cancelled/);
  });
});

suite('failures', () => {
  test('one that is caught has a stand-in, and the run succeeds', async () => {
    const run = await simulate(examples.catchFailure, {}, { prices: [{ exitCode: 1 }, { output: 'yesterday' }] });
    assert.equal(run.result, 'yesterday');
    assert.equal(statesOf(run), 'prices:done');
  });

  test('one that was not meant is not caught', async () => {
    const run = await simulate(examples.catchFailure, {}, { prices: fails('OOMKilled') });
    assert.match(run.failure?.message ?? '', /prices: .* was killed for memory/);
    assert.equal(tasksOf(run), 'prices');
  });

  test('after OOMKilled the next try has twice the memory', async () => {
    const enough: StandIn = ({ spec }) =>
      spec.resources?.limits?.['memory'] === '256Mi' ? { tail: 'fitted' } : fails('OOMKilled');
    const run = await simulate(examples.moreMemoryNextTry, {}, { fit: enough });
    assert.equal(run.result, 'fitted');
    assert.deepEqual(
      run.pods.fit.map(({ spec }) => spec.resources?.limits?.['memory']),
      ['64Mi', '128Mi', '256Mi'],
    );
  });
});

suite('timeouts', () => {
  test('of a task are in its spec', async () => {
    const run = await simulate(examples.timeouts, {}, { crawl: {}, enrich: {} });
    assert.equal(run.result, 'done');
    assert.deepEqual(run.pods.crawl[0]?.spec.timeouts, { start: '10m', run: '1h', total: '2h' });
  });

  test('of a part end that part when its pod is gone, and the rest goes on', async () => {
    const run = await simulate(examples.timeouts, {}, { crawl: { takes: '1h' }, enrich: { takes: '2h' } });
    assert.match(run.failure?.message ?? '', /enrich: not done within 30m/);
    assert.equal(endsOf(run), 'crawl:succeeded enrich:cancelled');
  });

  test('of the whole end it as failed, when every pod is gone', async () => {
    const { failure, ...run } = await simulate(examples.timeouts, { all: '10m' }, { '*': { takes: '1h' } });
    assert.ok(failure instanceof ApplicationFailure);
    assert.deepEqual([failure.type, failure.message], ['TimedOut', 'not done within 10m']);
    assert.deepEqual(
      run.allPods.map(({ state }) => state),
      ['cancelled', 'cancelled'],
    );
  });

  test('a cancel is no timeout', async () => {
    const during = async (run: RunningRun) => {
      await run.until('enrich', 'running');
      await run.cancel();
    };
    isCancelled(await simulate(examples.timeouts, {}, { '*': { takes: '1h' } }, { during }));
  });
});

suite('an alert', () => {
  test('comes while the task is late, and ends nothing', async () => {
    const run = await simulate(
      examples.alertWhenLate,
      { sla: '1h' },
      { load: { takes: '2h' }, alert: { exitCode: 1 } },
    );
    assert.equal(statesOf(run), 'load:done alert:done', 'also when nobody could be told');
    assert.equal(run.pods.alert[0]!.startedAt.getTime() - run.startedAt.getTime(), 3_600_000);
  });

  test('does not come when the task is in time, or has failed in time', async () => {
    const run = await simulate(examples.alertWhenLate, { sla: '1h' }, { load: { takes: '59m' } });
    const failed = await simulate(examples.alertWhenLate, { sla: '1h' }, { load: { exitCode: 1 } });
    assert.ok(!run.failure && failed.failure);
    assert.deepEqual([tasksOf(run), tasksOf(failed)], ['load', 'load']);
  });
});

suite('big data', () => {
  test('stays where it is: the next pod is told the address', async () => {
    const run = await simulate(
      examples.bigData,
      {},
      {
        extract: { output: { path: '/data/there.txt' } },
        '*': { output: 1_000_000 },
      },
    );
    assert.equal(run.result, 1_000_000);
    assert.equal(run.allPods.at(-1)?.spec.env?.['FILE'], '/data/there.txt');
  });
});
