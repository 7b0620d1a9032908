/** Examples of the flow: trigger rules, branches, maps, groups. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RULES } from '../../../src/workflows/examples/trigger-rules.ts';
import { graphQuery } from '../../../src/workflows/dag/index.ts';
import { failureOf, statesOf } from '../support/asking.ts';
import { examplesWorker, type Behaviour, type ExamplesWorker } from '../support/examples-worker.ts';

let worker: ExamplesWorker;
before(async () => (worker = await examplesWorker()));
after(() => worker.close());

/** For pods that run a shell: what is behind `exit`. */
const asScripted: Behaviour = ({ spec }) => ({ exit: Number(/exit (\d+)/.exec(spec.command?.[2] ?? '')?.[1] ?? 0) });

suite('trigger rules: what stands behind tasks runs', { concurrency: 4 }, () => {
  const [ok, bad, skip] = ['exit 0', 'exit 1', 'exit 99'];
  const LAWS: [rule: keyof typeof RULES, runs: string[][], doesNot: string[][], fails?: string[][]][] = [
    ['all_success', [[ok, ok]], [[ok, skip]], [[ok, bad]]],
    ['all_failed', [[bad, bad]], [[ok, bad]]],
    ['all_done', [[ok, bad, skip]], []],
    ['all_skipped', [[skip, skip]], [[skip, ok]]],
    ['one_success', [[bad, ok]], [[bad, skip]]],
    ['one_failed', [[ok, bad]], [[ok, skip]]],
    ['one_done', [[bad], [ok]], []],
    ['none_failed', [[ok, skip]], [], [[bad, ok]]],
    ['none_failed_min_one_success', [[ok, skip]], [[skip, skip]], [[bad, ok]]],
    ['none_skipped', [[ok, bad]], [[ok, skip]]],
    ['all_done_min_one_success', [[ok, bad]], [[bad, skip]]],
    ['always', [[bad]], []],
  ];
  const upstream = (scripts: string[]) => Object.fromEntries(scripts.map((script, at) => [`t${at}`, script]));

  test('each rule of the example is tried here', () => {
    assert.deepEqual(
      LAWS.map(([rule]) => rule),
      Object.keys(RULES),
    );
  });
  for (const [rule, runs, doesNot, fails = []] of LAWS) {
    test(rule, async () => {
      for (const [cases, expected] of [
        [runs, true],
        [doesNot, false],
      ] as const)
        for (const scripts of cases) {
          const run = await worker.start('triggerRules', [{ rule, upstream: upstream(scripts) }], asScripted);
          // A failure that nobody awaited fails the run in any case.
          const ran = rule === 'always' ? await run.result().catch(() => true) : await run.result();
          assert.equal(ran, expected, scripts.join());
          assert.equal(
            worker.podsOf(run.workflowId).some(({ task }) => task === 'after'),
            expected,
          );
        }
      for (const scripts of fails) {
        const run = await worker.start('triggerRules', [{ rule, upstream: upstream(scripts) }], asScripted);
        await failureOf(run);
        assert.match(await statesOf(run), /after:upstream/);
      }
    });
  }

  test('one_failed and one_done do not wait for the others', async () => {
    for (const rule of ['one_failed', 'one_done', 'one_success'] as const) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const first = rule === 'one_failed' ? bad : ok;
      const run = await worker.start('triggerRules', [{ rule, upstream: { slow: ok, first } }], (pod) =>
        pod.task === 'slow' ? { after: promise } : asScripted(pod),
      );
      await worker.eventually('after', () => worker.podsOf(run.workflowId).find(({ task }) => task === 'after'));
      resolve();
      assert.equal(await run.result(), true);
    }
  });
});

suite('branches', { concurrency: 4 }, () => {
  const sideIs =
    (side: string): Behaviour =>
    ({ task }) => ({ output: { check: side, full: 1000, delta: 10, report: `${side} rows` }[task] });

  for (const side of ['full', 'delta'])
    test(`the side '${side}' is taken, the other is not there, and the join awaits what is`, async () => {
      const run = await worker.start('branch', [], sideIs(side));
      assert.equal(await run.result(), `${side} rows`);
      assert.equal(worker.tasksOf(run), `check ${side} report`);
      const { edges } = await run.query(graphQuery);
      assert.deepEqual(
        edges.filter(([, to, kind]) => to === 'report' && kind === 'data'),
        [[side, 'report', 'data']],
      );
    });

  test('a branch that fails fails what stands behind the join', async () => {
    const run = await worker.start('branch', [], (pod) => (pod.task === 'full' ? { exit: 1 } : sideIs('full')(pod)));
    await failureOf(run);
    assert.equal(await statesOf(run), 'check:done full:failed report:upstream');
  });

  test('a short circuit ends the run well, without what stands behind it, and with what was there before', async () => {
    const none = await worker.start('shortCircuit', [], ({ task }) => ({ output: task === 'count' ? 0 : undefined }));
    assert.equal(await none.result(), 'nothing to do');
    assert.equal(await statesOf(none), 'audit:done count:done');
    const some = await worker.start('shortCircuit', [], ({ task }) => ({ output: task === 'count' ? 3 : undefined }));
    assert.equal(await some.result(), 'loaded');
    assert.equal(worker.endsOf(some), 'audit:ended count:ended load:ended');
  });
});

suite('maps and groups', { concurrency: 4 }, () => {
  test('a task for each item that another one found, and a sum behind them', async () => {
    const files = ['a.csv', 'bb.csv', 'ccc.csv'];
    const run = await worker.start('mapping', [], ({ task, spec }) => ({
      output: task === 'list' ? files : (spec.env?.['FILE'] as string).length,
    }));
    assert.equal(await run.result(), 18);
    assert.equal(await statesOf(run), 'list:done size-0:done size-1:done size-2:done');
  });

  test('of many items, in chunks that are child workflows', async () => {
    const square: Behaviour = ({ spec }) => ({ output: Number(spec.env?.['N']) ** 2 });
    const run = await worker.start('mapMany', [{ count: 10, per: 4 }], square);
    assert.equal(await run.result(), 285);
    const [, node] = (await run.query(graphQuery)).nodes;
    assert.deepEqual([node?.mapped?.done, node?.mapped?.chunks.length], [10, 3]);
  });

  test('a group is used twice, with a group inside, each with its own names', async () => {
    const run = await worker.start('taskGroups', []);
    assert.deepEqual(await run.result(), ['europe', 'asia']);
    const { nodes, edges } = await run.query(graphQuery);
    const names = ['extract', 'checks.rows', 'checks.keys', 'load'];
    assert.deepEqual(
      nodes.slice(1).map(({ name }) => name),
      ['europe', 'asia'].flatMap((region) => names.map((name) => `${region}.${name}`)),
    );
    assert.deepEqual(
      edges.filter(([, to]) => to === 'asia.load'),
      [
        ['asia.checks.rows', 'asia.load', 'data'],
        ['asia.checks.keys', 'asia.load', 'data'],
      ],
    );
  });

  test('a group whose check fails does not load, and the other one does', async () => {
    const run = await worker.start('taskGroups', [], ({ task }) => (task === 'asia.checks.rows' ? { exit: 1 } : {}));
    await failureOf(run);
    assert.match(await statesOf(run), /europe.load:done .*asia.checks.rows:failed .*asia.load:upstream/);
  });
});

suite('sub-DAGs', { concurrency: 4 }, () => {
  const part: Behaviour = ({ spec }) => ({ output: Number(spec.env?.['PART']) });

  test('run as children, as many as the parent’s limit says, each with the limit of its own', async () => {
    let going = 0;
    let most = 0;
    const all = Promise.withResolvers<void>();
    const run = await worker.start('subDag', [], (pod) => {
      most = Math.max(most, ++going);
      // Held until as many run as may.
      if (going === 6) all.resolve();
      return { ...part(pod), after: all.promise.then(() => void going--) };
    });
    assert.equal(await run.result(), 30);
    assert.equal(most, 6);
    const ids = new Set(worker.podsOf(run.workflowId).map(({ workflowId }) => workflowId));
    assert.deepEqual(
      [...ids].sort(),
      ['africa', 'asia', 'europe'].map((region) => `${run.workflowId}/${region}`),
    );
  });

  for (const end of ['cancel', 'terminate'] as const)
    test(`${end === 'cancel' ? 'are cancelled together' : 'of a terminated run come to an orderly end'}`, async () => {
      const run = await worker.start('subDag', [{ regions: ['europe'] }], () => ({
        after: new Promise(() => undefined),
      }));
      await worker.runs(run.workflowId, 'part-1');
      await run[end]();
      await run.result().catch(() => undefined);
      const child = worker.client.workflow.getHandle(`${run.workflowId}/europe`);
      await child.result().catch(() => undefined);
      assert.equal((await child.describe()).status.name, 'CANCELLED');
      assert.deepEqual(new Set(worker.podsOf(run.workflowId).map(({ state }) => state)), new Set(['cancelled']));
    });

  test('a failure of one is a failure of its task', async () => {
    const run = await worker.start('subDag', [{ regions: ['europe', 'asia'] }], (pod) =>
      pod.workflowId.endsWith('/asia') && pod.task === 'part-2' ? { exit: 1 } : part(pod),
    );
    const failure = await failureOf(run);
    assert.match(failure.message, /asia: 1 of 4 tasks failed: part-2/);
    assert.equal(await statesOf(run), 'europe:done asia:failed');
  });
});

suite('replay', () => {
  test('every history of these tests fits the code', async () => assert.deepEqual(await worker.replayAll(), []));
});
