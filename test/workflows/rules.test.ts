/** The rules of runPod and dag, in the real sandbox; pods and time are simulated, so each takes milliseconds. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { fails, simulator, type PodEnding, type SimulatedPod } from '../../src/testing/library.ts';
import type { DagOptions } from '../../src/workflows/dag/types.ts';
import { rule, type RuleTask } from './support/rule-workflows.ts';

const simulate = simulator({ workflows: new URL('support/rule-workflows.ts', import.meta.url) });
/** Bundled once for all; it is the setup, not what a test tells of. */
before(() => simulate(rule, []));

/** A task of a row, and its pods: `2 fail, 1 ok` is one that fails after 2 s, then one that ends well after 1 s. */
interface Row extends RuleTask {
  pod: string;
}

interface Told {
  /** `+a-1` a pod starts, `-a-1` it has ended, in their order; with its args where it has some. */
  pods: string[];
  /** How many ran at once, at most. */
  most: number;
  end: 'completed' | Error;
}

async function told(rows: Row[], options: DagOptions = {}): Promise<Told> {
  const tasks = rows.map(({ pod: _pod, ...one }) => one);
  const standIns = Object.fromEntries(rows.map(({ name, pod }) => [name, pod.split(', ').map(endingOf)]));
  const { allPods, failure = 'completed' } = await simulate(rule, tasks, standIns, {
    moreArgs: [options],
    mayBeUnused: true,
  });
  return { ...eventsOf(allPods), end: failure };
}

function endingOf(text: string): PodEnding {
  const [seconds, how] = text.split(' ');
  const takes = `${seconds}s`;
  return how === 'ok' ? { takes } : fails('ContainerFailed', { takes, exitCode: 3, gone: how !== 'stays' });
}

function eventsOf(pods: readonly SimulatedPod[]): Pick<Told, 'pods' | 'most'> {
  const events = pods.flatMap(({ name, spec, startedAt, endedAt }) => [
    { at: startedAt, by: 1, text: `+${[name, ...(spec.args ?? [])].join(' ')}` },
    { at: endedAt ?? new Date(NaN), by: -1, text: `-${name}` },
  ]);
  // What ends at the same moment ends first.
  events.sort((a, b) => a.at.getTime() - b.at.getTime() || a.by - b.by);
  let running = 0;
  const most = Math.max(0, ...events.map(({ by }) => (running += by)));
  return { pods: events.map(({ text }) => text), most };
}

const task = (name: string, pod = '1 ok', more: Omit<Row, 'name' | 'pod'> = {}): Row => ({ name, pod, ...more });
const typeOf = ({ end }: Told) => (end instanceof ApplicationFailure ? end.type : end);
const started = ({ pods }: Told) => pods.filter((one) => one.startsWith('+')).map((one) => one.slice(1));

suite('the failure of a task', () => {
  const a = task('a', '1 fail');
  const rows: [law: string, tasks: Row[], end: string, pods: string[]][] = [
    ['that nobody awaits fails the run, when the others are done', [a, task('b', '3 ok')], 'DagFailed', ['a-1', 'b-1']],
    ['that one awaits fails that one too', [a, task('b', '1 ok', { awaits: ['a'] })], 'DagFailed', ['a-1']],
    ['that one caught is survived', [a, task('b', '1 ok', { catches: ['a'] })], 'completed', ['a-1', 'b-1']],
    [
      'that only one of two caught is not',
      [a, task('b', '1 ok', { catches: ['a'] }), task('c', '1 ok', { awaits: ['a'] })],
      'DagFailed',
      ['a-1', 'b-1'],
    ],
    [
      'is survived when the one who failed of it is',
      [a, task('b', '1 ok', { awaits: ['a'] }), task('c', '1 ok', { catches: ['b'] })],
      'completed',
      ['a-1', 'c-1'],
    ],
    [
      'is not survived by one who fails after it',
      [a, task('b', '1 fail', { catches: ['a'] })],
      'DagFailed',
      ['a-1', 'b-1'],
    ],
  ];
  for (const [law, tasks, end, pods] of rows)
    test(law, async () => {
      const run = await told(tasks);
      assert.deepEqual([typeOf(run), started(run)], [end, pods]);
    });
});

suite('onFailure', () => {
  const late = task('c', '1 ok', { catches: ['b'] });
  const rows: [law: string, options: DagOptions, mayFail: boolean, end: string, pods: string[]][] = [
    ['continue: what comes later starts', { onFailure: 'continue' }, false, 'DagFailed', ['a-1', 'b-1', 'c-1']],
    ['stop: what has begun goes on, nothing new starts', { onFailure: 'stop' }, false, 'DagFailed', ['a-1', 'b-1']],
    [
      'stop: nobody gets the slot of the pod that failed',
      { onFailure: 'stop', maxParallel: 1 },
      false,
      'DagFailed',
      ['a-1'],
    ],
    [
      'stop, of a task that may fail, gives its slot away',
      { onFailure: 'stop', maxParallel: 1 },
      true,
      'DagFailed',
      ['a-1', 'b-1', 'c-1'],
    ],
    ['stop, of a task that may fail, stops nothing', { onFailure: 'stop' }, true, 'DagFailed', ['a-1', 'b-1', 'c-1']],
    [
      'cancel, of a task that may fail, cancels nothing',
      { onFailure: 'cancel' },
      true,
      'DagFailed',
      ['a-1', 'b-1', 'c-1'],
    ],
  ];
  for (const [law, options, mayFail, end, pods] of rows)
    test(law, async () => {
      const run = await told([task('a', '1 fail', { mayFail }), task('b', '3 ok'), late], options);
      assert.deepEqual([typeOf(run), started(run)], [end, pods]);
    });

  test('a task that may fail, and that somebody caught, costs the run nothing', async () => {
    const tasks = [task('a', '1 fail', { mayFail: true }), task('b', '1 ok', { catches: ['a'] })];
    assert.equal((await told(tasks, { onFailure: 'stop' })).end, 'completed');
  });
});

suite('maxParallel', () => {
  for (const maxParallel of [1, 2, 5])
    test(`${maxParallel}: as many pods at once, and no more`, async () => {
      const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => task(name));
      const { most, pods, end } = await told(tasks, { maxParallel });
      assert.deepEqual([most, pods.length, end], [maxParallel, 10, 'completed']);
    });

  test('a task that waits for another holds no slot', async () => {
    const tasks = [task('b', '1 ok', { awaits: ['a'] }), task('a')];
    // `a` is there when the function of `b` looks for it.
    const run = await told(tasks, { maxParallel: 1 });
    assert.deepEqual([run.end, started(run)], ['completed', ['a-1', 'b-1']]);
  });

  test('a slot is free while a task waits for its next try', async () => {
    const run = await told([task('a', '1 fail, 1 ok', { retries: 1 }), task('b')], { maxParallel: 1 });
    assert.deepEqual(run.pods, ['+a-1', '-a-1', '+b-1', '-b-1', '+a-2', '-a-2']);
  });
});

suite('another try', () => {
  test('begins when the pod before is gone', async () => {
    const run = await told([task('a', '1 fail, 1 fail, 1 ok', { retries: 2 })]);
    assert.deepEqual([run.end, run.pods], ['completed', ['+a-1', '-a-1', '+a-2', '-a-2', '+a-3', '-a-3']]);
  });

  test('never begins beside a pod that does not go, however many are left', async () => {
    const run = await told([task('a', '1 stays, 1 ok', { retries: 3 })]);
    assert.deepEqual([typeOf(run), started(run)], ['DagFailed', ['a-1']]);
  });

  test('is made from the spec of the one before', async () => {
    const run = await told([task('a', '1 fail, 1 fail, 1 ok', { retries: 2, grows: true })]);
    assert.deepEqual(started(run), ['a-1', 'a-2 more', 'a-3 more more']);
  });

  test('does not begin in a DAG that has stopped meanwhile: the task fails with its own failure, not as one that never started', async () => {
    const tasks = [task('a', '1 fail, 1 ok', { retries: 1 }), task('b', '3 fail')];
    const run = await told(tasks, { onFailure: 'stop' });
    assert.deepEqual(started(run), ['a-1', 'b-1']);
    assert.ok(typeof run.end === 'object');
    assert.match(
      run.end.message,
      /2 of 2 tasks failed: a, b\na: pod default\/a-1 .* exit code 3[^]*\nb: pod default\/b-1 .* exit code 3/,
    );
  });
});
