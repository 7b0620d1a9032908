/** Examples of the flow, simulated: trigger rules, branches, maps, groups. What a server adds is tried in flow.real.ts. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { fails, type StandIn } from '../../../src/testing/library.ts';
import * as examples from '../../../src/workflows/examples/index.ts';
import { RULES } from '../../../src/workflows/examples/trigger-rules.ts';
import { mostAtOnce, simulate, statesOf, tasksOf } from './simulated.ts';

before(() => simulate.load());

/** For pods that run a shell: what is behind `exit`. */
const asScripted: StandIn = ({ spec }) => ({ exitCode: Number(/exit (\d+)/.exec(spec.command?.[2] ?? '')?.[1] ?? 0) });

suite('trigger rules: what stands behind tasks runs', () => {
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
  const run = (rule: keyof typeof RULES, scripts: string[]) => {
    const upstream = Object.fromEntries(scripts.map((script, at) => [`t${at}`, script]));
    return simulate(examples.triggerRules, { rule, upstream }, { '*': asScripted });
  };

  test('each rule of the example is tried here', () => {
    assert.deepEqual(
      LAWS.map(([rule]) => rule),
      Object.keys(RULES),
    );
  });
  for (const [rule, runs, doesNot, failing = []] of LAWS)
    test(rule, async () => {
      for (const [cases, expected] of [
        [runs, true],
        [doesNot, false],
      ] as const)
        for (const scripts of cases) {
          const ended = await run(rule, scripts);
          assert.equal('after' in ended.pods, expected, scripts.join());
          // A failure that nobody awaited fails the run in any case.
          if (rule === 'always') assert.ok(ended.failure);
          else assert.equal(ended.result, expected);
        }
      for (const scripts of failing) assert.equal((await run(rule, scripts)).states['after'], 'upstream');
    });

  test('one_failed, one_done and one_success do not wait for the others', async () => {
    for (const rule of ['one_failed', 'one_done', 'one_success'] as const) {
      const first = { exitCode: rule === 'one_failed' ? 1 : 0 };
      const standIns = { slow: { takes: '1h' }, first, after: {} };
      const run = await simulate(examples.triggerRules, { rule, upstream: { slow: ok, first: ok } }, standIns);
      assert.equal(run.result, true);
      assert.ok(run.pods.after[0]!.endedAt! < run.pods.slow[0]!.endedAt!, rule);
    }
  });
});

suite('branches', () => {
  const counts = { full: { output: 1000 }, delta: { output: 10 } };
  for (const side of ['full', 'delta'] as const)
    test(`the side '${side}' is taken, the other is not there, and the join awaits what is`, async () => {
      const run = await simulate(
        examples.branch,
        {},
        {
          check: { output: side },
          [side]: counts[side],
          report: { output: `${side} rows` },
        },
      );
      assert.equal(run.result, `${side} rows`);
      assert.equal(tasksOf(run), `check ${side} report`);
      assert.deepEqual(
        run.graph.edges.filter(([, to, kind]) => to === 'report' && kind === 'data'),
        [[side, 'report', 'data']],
      );
    });

  test('a branch that fails fails what stands behind the join', async () => {
    const run = await simulate(examples.branch, {}, { check: { output: 'full' }, full: { exitCode: 1 } });
    assert.equal(statesOf(run), 'check:done full:failed report:upstream');
  });

  test('a short circuit ends the run well, without what stands behind it, and with what was there before', async () => {
    const none = await simulate(examples.shortCircuit, {}, { audit: { takes: '1h' }, count: { output: 0 } });
    assert.equal(none.result, 'nothing to do');
    assert.equal(statesOf(none), 'audit:done count:done');
    const some = await simulate(examples.shortCircuit, {}, { audit: {}, count: { output: 3 }, load: {} });
    assert.equal(some.result, 'loaded');
  });
});

suite('maps and groups', () => {
  test('a task for each item that another one found, and a sum behind them', async () => {
    const run = await simulate(
      examples.mapping,
      {},
      {
        list: { output: ['a.csv', 'bb.csv', 'ccc.csv'] },
        'size-*': ({ spec }) => ({ output: (spec.env?.['FILE'] as string).length }),
      },
    );
    assert.equal(run.result, 18);
    assert.equal(statesOf(run), 'list:done size-0:done size-1:done size-2:done');
  });

  test('of many items, in chunks that are child workflows', async () => {
    const square: StandIn = ({ spec }) => ({ output: Number(spec.env?.['N']) ** 2 });
    const run = await simulate(examples.mapMany, { count: 10, per: 4 }, { 'square-*': square });
    assert.equal(run.result, 285);
    const [, node] = run.graph.nodes;
    assert.deepEqual([node?.mapped?.done, node?.mapped?.chunks.length], [10, 3]);
  });

  test('a group is used twice, with a group inside, each with its own names', async () => {
    const run = await simulate(examples.taskGroups, {}, { 'europe.*': {}, 'asia.*': {} });
    assert.deepEqual(run.result, ['europe', 'asia']);
    const names = ['extract', 'checks.rows', 'checks.keys', 'load'];
    assert.deepEqual(
      Object.keys(run.states),
      ['europe', 'asia'].flatMap((region) => names.map((name) => `${region}.${name}`)),
    );
    assert.deepEqual(
      run.graph.edges.filter(([, to]) => to === 'asia.load'),
      [
        ['asia.checks.rows', 'asia.load', 'data'],
        ['asia.checks.keys', 'asia.load', 'data'],
      ],
    );
  });

  test('a group whose check fails does not load, and the other one does', async () => {
    const run = await simulate(examples.taskGroups, {}, { 'asia.checks.rows': { exitCode: 1 }, '*': {} });
    assert.match(statesOf(run), /europe.load:done .*asia.checks.rows:failed .*asia.load:upstream/);
  });
});

suite('sub-DAGs', () => {
  const part: StandIn = ({ spec }) => ({ output: Number(spec.env?.['PART']), takes: '1m' });

  test('run as children, as many as the parent’s limit says, each with the limit of its own', async () => {
    const run = await simulate(examples.subDag, {}, { 'part-*': part });
    assert.equal(run.result, 30);
    assert.equal(mostAtOnce(run), 6);
    assert.deepEqual(
      new Set(run.allPods.map(({ workflowId }) => workflowId)),
      new Set(['africa', 'asia', 'europe'].map((region) => `simulated/${region}`)),
    );
  });

  test('are cancelled together', async () => {
    const run = await simulate(
      examples.subDag,
      { regions: ['europe'] },
      { 'part-*': { takes: '1h' } },
      {
        async during(run) {
          await run.sleep('1m');
          await run.cancel();
        },
      },
    );
    assert.equal(run.failure?.name, 'CancelledFailure');
    assert.deepEqual(new Set(run.allPods.map(({ state }) => state)), new Set(['cancelled']));
  });

  test('a failure of one is a failure of its task', async () => {
    const run = await simulate(
      examples.subDag,
      { regions: ['europe', 'asia'] },
      {
        'part-2': ({ workflowId }) => (workflowId.endsWith('/asia') ? fails('ContainerFailed') : { output: 2 }),
        'part-*': part,
      },
    );
    assert.match(run.failure?.message ?? '', /asia: 1 of 4 tasks failed: part-2/);
    assert.equal(statesOf(run), 'europe:done asia:failed');
  });
});
