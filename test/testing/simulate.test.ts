/** `simulate`, over the real sandbox. No server, no cluster: time and pods are skipped. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { endDebug, retryTask, skipTask } from '../../src/workflows/library.ts';
import {
  fails,
  SimulationError,
  simulator,
  type RunningRun,
  type SimulatedPod,
  type StandIns,
} from '../../src/testing/library.ts';
import * as dags from './workflows.ts';

const WORKFLOWS = new URL('workflows.ts', import.meta.url);
const simulate = simulator({ workflows: WORKFLOWS });
/** Bundled once for all; it is the setup, not what a test tells of. */
before(() => simulate(dags.counts, undefined));

const podFailureOf = (failure: Error | undefined) => (failure?.cause as Error).cause as ApplicationFailure;
const typeOf = (error: Error | undefined) => (error instanceof ApplicationFailure ? error.type : error?.name);
const memoryOf = ({ spec }: SimulatedPod) => spec.resources?.limits?.['memory'];
const HOUR = 3_600_000;

suite('a run', () => {
  test('has its result, its graph, and each pod with the spec that it would have had', async () => {
    const run = await simulate(
      dags.nightly,
      { day: '2026-11-28' },
      { orders: { output: [1, 2] }, total: [fails('OOMKilled'), { output: 3 }] },
    );
    assert.equal(run.result, 3);
    assert.equal(run.failure, undefined);
    assert.deepEqual(run.pods.total.map(memoryOf), ['1Gi', '2Gi']);
    assert.deepEqual(run.pods.orders[0]?.spec.args, ['2026-11-28']);
    assert.deepEqual(run.pods.total[0]?.spec.args, ['1', '2']);
    assert.deepEqual(run.states, { orders: 'done', total: 'done' });
    assert.deepEqual(run.graph.edges.at(-1), ['orders', 'total', 'data']);
    assert.deepEqual(
      run.allPods.map(({ name, state, kind, try: number }) => [name, state, kind, number]),
      [
        ['orders-1', 'succeeded', undefined, 1],
        ['total-1', 'failed', 'OOMKilled', 1],
        ['total-2', 'succeeded', undefined, 2],
      ],
    );
  });

  test('that fails is no error: it has a failure, and its result throws that', async () => {
    const run = await simulate(
      dags.one,
      {},
      { main: fails('ContainerFailed', { exitCode: 3, tail: 'no such table' }) },
    );
    assert.equal(typeOf(run.failure), 'DagFailed');
    assert.match(run.failure?.message ?? '', /main: pod default\/main-1 on node node-1: ended with exit code 3/);
    assert.match(podFailureOf(run.failure).message, /no such table/);
    assert.throws(() => run.result, run.failure);
    assert.deepEqual(run.states, { main: 'failed' });
  });

  test('is fresh: nothing is left of the one before, and two can be under way', async () => {
    const runs = [simulate(dags.counts, undefined), simulate(dags.counts, undefined)];
    assert.deepEqual(await Promise.all(runs.map(async (run) => (await run).result)), [1, 1]);
  });

  test('of a workflow given by its name', async () => {
    assert.equal((await simulate('counts', undefined)).result, 1);
  });

  test('has parameters that are checked as a worker does', async () => {
    const run = await simulate(dags.nightly, { day: 'monday' });
    assert.match(run.failure?.message ?? '', /day: /);
    assert.equal(typeOf(run.failure), 'InvalidArgument');
  });
});

suite('time', () => {
  test('is skipped, and passes for the code', async () => {
    const startTime = new Date('2026-03-01T00:00:00Z');
    const run = await simulate(dags.waits, undefined, {}, { startTime });
    assert.deepEqual(run.result, ['2026-03-01T00:00:00.000Z', '2026-03-04T00:00:00.000Z', '2026-03-04T01:00:00.000Z']);
    assert.equal(run.endedAt.getTime() - startTime.getTime(), 73 * HOUR);
  });

  test('of a pod is as long as it takes, a second by default, and a wait before the next try as in its spec', async () => {
    const spec = { retries: { count: 1, delay: '10m' } };
    const run = await simulate(dags.one, { spec }, { main: [fails('ContainerFailed'), { takes: '1h' }] });
    const [first, second] = run.pods.main;
    assert.equal(second!.startedAt.getTime() - first!.endedAt!.getTime(), HOUR / 6);
    assert.equal(run.endedAt.getTime() - run.startedAt.getTime(), 1000 + HOUR / 6 + HOUR);
  });

  test('of two that are due at once, what was asked for first comes first', async () => {
    assert.equal((await simulate(dags.ties, undefined)).result, 'first');
  });

  test('that a run is for is that of its schedule', async () => {
    const run = await simulate(
      dags.nightly,
      {},
      { orders: { output: [] }, total: {} },
      { scheduledTime: new Date('2026-01-02T03:00:00Z') },
    );
    assert.deepEqual(run.pods.orders[0]?.spec.args, ['2026-01-02']);
  });
});

suite('how a pod ends follows from its spec, by the code that a worker has', () => {
  const kindOf = async (spec: object, standIn: StandIns['main']) => {
    const run = await simulate(dags.one, { spec }, standIn ? { main: standIn } : {});
    return run.failure ? podFailureOf(run.failure).type : run.pods['main']?.at(-1)?.state;
  };
  const rows: [law: string, spec: object, standIn: StandIns['main'], kind: string][] = [
    ['exit code 0', {}, {}, 'succeeded'],
    ['another one', {}, { exitCode: 3 }, 'ContainerFailed'],
    ['one that is a success there', { exitCodes: { success: [0, 3] } }, { exitCode: 3 }, 'succeeded'],
    ['one that skips', { exitCodes: { skip: [99] } }, { exitCode: 99 }, 'skipped'],
    [
      'one that is fatal is not tried again',
      { retries: 1, exitCodes: { fatal: [3] } },
      [{ exitCode: 3 }],
      'ContainerFailed',
    ],
    ['a result that is required', { result: { from: 'log' } }, {}, 'ResultMissing'],
    [
      'a result that does not fit',
      { result: { from: 'log', schema: { type: 'number' } } },
      { output: 'x' },
      'ResultInvalid',
    ],
    ['a result of more than Kubernetes keeps', {}, { output: ['x'.repeat(5000)] }, 'ResultTooLarge'],
    ['the same by the log', { result: { from: 'log' } }, { output: ['x'.repeat(5000)] }, 'succeeded'],
    ['a bad spec, for which nobody need stand in', { image: 3 }, undefined!, 'InvalidSpec'],
    ['what never started is tried again for free', {}, [fails('PodRejected'), {}], 'succeeded'],
    ['what started is not', {}, [fails('PodRejected', { startedEver: true })], 'PodRejected'],
    ['a refusal', { retries: 3 }, [fails('PolicyRefused', { message: 'no' })], 'PolicyRefused'],
    [
      'a pod that does not go has no successor',
      { retries: 3 },
      [fails('ContainerFailed', { gone: false })],
      'ContainerFailed',
    ],
  ];
  for (const [law, spec, standIn, kind] of rows) test(law, async () => assert.equal(await kindOf(spec, standIn), kind));

  test('a schema of the author', async () => {
    assert.equal((await simulate(dags.typed, undefined, { main: { output: { rows: 3 } } })).result, 3);
    const { failure } = await simulate(dags.typed, undefined, { main: { output: { rows: 'three' } } });
    assert.match(podFailureOf(failure).message, /rows: must be of type number, got "three"/);
  });

  test('the run confirms at its end that the pods are gone', async () => {
    const startTime = new Date('2026-03-01T00:00:00Z');
    const run = await simulate(dags.removals, undefined, { a: {}, b: {}, c: {} }, { startTime });
    assert.deepEqual(run.result, [
      { gone: false, removing: true },
      { gone: true },
      { gone: true },
      { gone: false, kept: '2026-03-01T02:00:03.000Z' },
    ]);
  });
});

suite('meanwhile', () => {
  const HELD = { dag: { hold: '1d' }, spec: { resources: { limits: { memory: '1Gi' } } } } as const;

  test('a held task is tried again with more memory', async () => {
    const run = await simulate(
      dags.one,
      HELD,
      { main: [fails('OOMKilled'), { output: 1 }] },
      {
        async during(run) {
          await run.until('main', 'held');
          await run.sleep('3h');
          await run.update(retryTask, 'main', { spec: { resources: { limits: { memory: '4Gi' } } } });
        },
      },
    );
    assert.equal(run.result, 1);
    assert.deepEqual(run.pods.main.map(memoryOf), ['1Gi', '4Gi']);
    assert.equal(run.endedAt.getTime() - run.startedAt.getTime(), 3 * HOUR + 2000);
  });

  test('nobody decides: it fails when its time is over', async () => {
    const run = await simulate(dags.one, HELD, { main: fails('OOMKilled') });
    assert.equal(run.endedAt.getTime() - run.startedAt.getTime(), 24 * HOUR + 1000);
    assert.deepEqual(run.states, { main: 'failed' });
  });

  test('an update that makes no sense is refused', async () => {
    await simulate(
      dags.one,
      {},
      { main: {} },
      {
        during: (run) => assert.rejects(run.update(skipTask, 'main'), /'main' is running, not held/),
      },
    );
  });

  test('an author’s own update, signal and query', async () => {
    const run = await simulate(
      dags.approval,
      undefined,
      {},
      {
        async during(run) {
          const from = run.now.getTime();
          await run.sleep('1d');
          assert.equal(run.now.getTime() - from, 24 * HOUR);
          await run.signal(dags.note, 'looks good');
          assert.deepEqual(await run.query(dags.notes), ['looks good']);
          await assert.rejects(run.update(dags.decide, ''), /by: who/);
          assert.equal(await run.update(dags.decide, 'ada'), 'ada');
        },
      },
    );
    assert.equal(run.result, 'ada');
    assert.equal((await simulate(dags.approval, undefined)).result, 'nobody');
  });

  test('a cancel: its pod is seen off, and the run is cancelled', async () => {
    const run = await simulate(
      dags.one,
      {},
      { main: { takes: '2h' } },
      {
        async during(run) {
          await run.sleep('1h');
          await run.cancel();
        },
      },
    );
    assert.ok(run.failure instanceof CancelledFailure);
    assert.equal(run.pods.main[0]?.state, 'cancelled');
    assert.deepEqual(run.states, { main: 'cancelled' });
  });

  test('a pod that is kept for debugging, until the signal', async () => {
    const spec = { keepForDebug: '1d' };
    const run = await simulate(
      dags.one,
      { spec },
      { main: fails('ContainerFailed') },
      {
        async during(run) {
          await run.sleep('5h');
          await run.signal(endDebug);
        },
      },
    );
    assert.equal(run.endedAt.getTime() - run.startedAt.getTime(), 5 * HOUR);
    assert.doesNotMatch(podFailureOf(run.failure).message, /kept until/);
  });

  test('what it throws is thrown', async () => {
    const during = () => assert.equal(1, 2);
    await assert.rejects(simulate(dags.one, {}, { main: {} }, { during }), { name: 'AssertionError' });
  });

  test('what never comes is an error that names it', async () => {
    const during = (run: { until(task: string, state: 'held'): Promise<void> }) => run.until('main', 'held');
    await assert.rejects(
      simulate(dags.one, {}, { main: {} }, { during }),
      /^SimulationError: task 'main' was never 'held': the run was completed before/,
    );
  });
});

suite('other workflows', () => {
  test('the chunks of a map run, and their pods have their stand-ins', async () => {
    const run = await simulate(dags.mapped, ['a', 'b', 'c'], {
      'load-2': { output: 'last' },
      'load-*': ({ spec, workflowId }) => ({ output: `${spec.args?.[0]} ${workflowId}` }),
    });
    assert.deepEqual(run.result, ['a simulated/load/0', 'b simulated/load/0', 'last']);
    assert.equal(run.pods['load-*'].length, 2);
    assert.equal(run.pods['load-1']?.length, 1);
    assert.equal(run.graph.nodes[1]?.mapped?.chunks.length, 2);
  });

  test('a failure in a chunk is one of the map', async () => {
    const run = await simulate(dags.mapped, ['a', 'b', 'c'], { 'load-1': { exitCode: 1 }, 'load-*': { output: 'x' } });
    assert.match(run.failure?.message ?? '', /1 of 3 items failed: load-1/);
  });

  test('a child runs, knows its parent, and can be stood in for', async () => {
    assert.equal((await simulate(dags.parent, undefined, { part: {} })).result, 'eu of simulated');
    const children = { region: (name: string) => `${name}, not run` };
    assert.equal((await simulate(dags.parent, undefined, {}, { children })).result, 'eu, not run');
  });

  test('a cancelled child is waited for, and its pods', async () => {
    const during = async (run: RunningRun) => {
      await run.until('eu', 'waiting');
      await run.sleep('1h');
      await run.cancel();
    };
    const run = await simulate(dags.parent, undefined, { part: { takes: '2h' } }, { during });
    assert.equal(run.pods.part[0]?.state, 'cancelled');
    assert.deepEqual(run.endedAt, run.pods.part[0].endedAt);
  });

  test('one that the module does not export is named', async () => {
    await assert.rejects(
      simulate(dags.parent, 'nowhere'),
      /workflow 'nowhere' cannot be loaded: .*workflows\.ts exports no workflow 'nowhere'/,
    );
  });

  test('signals reach the others, or are told that there is none', async () => {
    assert.equal(
      (await simulate(dags.listens, undefined)).result,
      'hello; Unable to find the workflow execution nobody, or it has ended',
    );
  });

  for (const policy of ['TERMINATE', 'REQUEST_CANCEL'] as const)
    test(`a child that is left ends by its policy, and its pods go: ${policy}`, async () => {
      const run = await simulate(dags.leaves, policy, { part: { takes: '1h' } });
      assert.deepEqual([run.result, run.pods.part[0]?.state], ['left', 'cancelled']);
    });

  test('a child that nothing ends goes on when its parent has ended', async () => {
    const run = await simulate(dags.leaves, 'ABANDON', { part: { takes: '1h' } });
    assert.deepEqual([run.result, run.pods.part[0]?.state], ['left', 'running']);
  });

  test('an id is taken while a workflow has it', async () => {
    const run = await simulate(dags.twice, undefined, { part: {} }, { mayBeUnused: true });
    assert.equal(run.result, 'WorkflowExecutionAlreadyStartedError');
  });

  test('a run that continues as new has the pods of all', async () => {
    const run = await simulate(dags.rounds, 2, { look: {} });
    assert.equal(run.result, 'several');
    assert.equal(new Set(run.pods.look.map(({ runId }) => runId)).size, 3);
  });

  test('an author’s activities have stand-ins, local ones too; one that throws has failed', async () => {
    const activities = { mail: (to: string) => `sent to ${to}`, look: () => 3 };
    assert.equal((await simulate(dags.mails, 'ada', {}, { activities })).result, 'sent to ada');
    assert.equal((await simulate(dags.looks, undefined, {}, { activities })).result, 3);
    const broken = { mail: () => assert.fail('no server') };
    const { failure } = await simulate(dags.mails, 'ada', {}, { activities: broken });
    assert.equal((failure?.cause as Error).message, 'no server');
  });

  test('patched is true, as for every new run', async () =>
    assert.equal((await simulate(dags.fresh, undefined)).result, 'new'));
});

suite('what is wrong with a simulation is an error', () => {
  const rows: [law: string, simulated: () => Promise<unknown>, says: RegExp][] = [
    [
      'a pod that nobody stands in for',
      () => simulate(dags.nightly, {}, { orders: { output: [] }, totals: {} }),
      /^SimulationError: nobody stands in for pod 'total-1': give 'total' a stand-in \(there is one for 'totals'\)$/,
    ],
    [
      'a list that is too short',
      () => simulate(dags.one, { spec: { retries: 2 } }, { main: [fails('OOMKilled')] }),
      /^SimulationError: nobody stands in for 'main-2': the list of 'main' has 1, and this is pod 2/,
    ],
    [
      'stand-ins that nobody used',
      () => simulate(dags.one, {}, { main: [{}, {}], other: {} }),
      /^SimulationError: no pod used the stand-in of 'main' \(the last 1 of 2\), 'other'$/,
    ],
    [
      'an activity that nobody stands in for',
      () => simulate(dags.mails, 'ada'),
      /nobody stands in for activity 'mail': give options\.activities\.mail/,
    ],
    [
      'a run that waits for what nobody sends',
      () => simulate(dags.forEver, undefined),
      /^SimulationError: the run waits for what never comes: a signal/,
    ],
    [
      'code that throws what fails no run',
      () => simulate(dags.wrong, undefined),
      /does not fail the run.*It throws: x is not a function/,
    ],
    [
      'a workflow that is not there',
      () => simulate('nightli', {}),
      /workflow 'nightli' cannot be loaded: .*workflows\.ts exports no workflow 'nightli'/,
    ],
    ['a workflow without a name', () => simulate('', {}), /an exported function with a name/],
    [
      'a pod that takes longer than it may',
      () => simulate(dags.one, {}, { main: { takes: '2d' } }),
      /'main-1' takes 2d, more than its timeouts\.total of 24h: let it be fails\('DeadlineExceeded'/,
    ],
    [
      'a kind of failure that there is not',
      async () => fails('OOMKiled' as never),
      /"OOMKiled" is no kind of failure; did you mean 'OOMKilled'/,
    ],
    [
      'a success that fails',
      async () => fails('Succeeded' as never),
      /"Succeeded" is no kind of failure; there are: ContainerFailed/,
    ],
    [
      'an unknown word of a failure',
      async () => fails('OOMKilled', { exitcode: 1 } as never),
      /fails\('OOMKilled'\): exitcode: is unknown; did you mean 'exitCode'/,
    ],
    [
      'an unknown word of a stand-in',
      () => simulate(dags.one, {}, { main: { outptu: 1 } as never }),
      /the stand-in of 'main': outptu: is unknown; did you mean 'output'/,
    ],
    [
      'an output that is no JSON',
      () => simulate(dags.one, {}, { main: [{}, { output: { at: [new Date()] } }] }),
      /the stand-in of 'main\[1\]': output\.at\[0\]: is no JSON, got a Date/,
    ],
    [
      'a number that is no JSON',
      () => simulate(dags.one, {}, { main: { output: NaN } }),
      /output: is no JSON, got NaN/,
    ],
    ['a big one', () => simulate(dags.one, {}, { main: { output: { n: 1n } } }), /output\.n: is no JSON, got 1n/],
    [
      'an exit code that is none',
      () => simulate(dags.one, {}, { main: { exitCode: 256 } }),
      /exitCode: must be a whole number from 0 to 255, got 256/,
    ],
    [
      'a length of time that is none',
      () => simulate(dags.one, {}, { main: { takes: 'long' } }),
      /takes: is not a length of time \(as "90s"\), got "long"/,
    ],
    [
      'what is no stand-in',
      () => simulate(dags.one, {}, { main: 3 as never }),
      /the stand-in of 'main' must be \{ output: … \}, fails\('…'\) or a list of these, got 3/,
    ],
    ['an empty list', () => simulate(dags.one, {}, { main: [] }), /the stand-in of 'main' is an empty list/],
    [
      'a function that gives what is none',
      () => simulate(dags.one, {}, { main: () => 'x' as never }),
      /the stand-in of 'main' must be/,
    ],
    [
      'an unknown option',
      () => simulate(dags.one, {}, { main: {} }, { while: 1 } as never),
      /options\.while: is unknown/,
    ],
  ];
  for (const [law, simulated, says] of rows)
    test(law, () =>
      assert.rejects(simulated(), (error: Error) => says.test(String(error)) || assert.match(String(error), says)),
    );

  test('unless it is right that stand-ins are unused', async () => {
    assert.equal((await simulate(dags.counts, undefined, { main: {} }, { mayBeUnused: true })).result, 1);
  });

  test('where the code throws is told', async () => {
    const error = await simulate(dags.wrong, undefined).catch((reason: unknown) => reason);
    assert.ok(error instanceof SimulationError);
    assert.match(error.stack ?? '', /at wrong .*workflows\.ts:\d+/);
  });
});
