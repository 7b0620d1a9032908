/** The parts of the helper that need no workflow. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detailsOf } from '../../src/workflows/dag/details.ts';
import { graphOf, tasksWithoutPods } from '../../src/workflows/dag/graph.ts';
import { PriorityQueue } from '../../src/workflows/dag/gate.ts';
import { checkTaskName, TaskNode, type End, type PodOver } from '../../src/workflows/dag/task-node.ts';

const body = () => new TaskNode('(body)', {});
const child = (parent: TaskNode, name: string) => new TaskNode(name, { parent });

function failed(parent: TaskNode, name: string, message: string): TaskNode {
  const node = child(parent, name);
  node.end = { state: 'failed', error: new Error(message) };
  return node;
}

describe('the name of a task', () => {
  for (const name of ['a', 'A1', 'load-eu.west_1', 'n'.repeat(63), '0']) {
    it(`may be ${name}`, () => assert.doesNotThrow(() => checkTaskName(name)));
  }
  for (const name of ['', '-a', 'a-', '.a', 'a b', 'a/b', 'ü', 'a\n', 'n'.repeat(64), '(body)', 'pod']) {
    it(`may not be ${JSON.stringify(name)}`, () => assert.throws(() => checkTaskName(name), { type: 'DagName' }));
  }

  it('and a number never make the activityId of another task', () => {
    const names = fc.stringMatching(/^[ab](-?[12ab]){0,4}$/);
    const number = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(names, number, names, number, (a, n, b, m) => {
        assert.equal(`${a}-${n}` === `${b}-${m}`, a === b && n === m);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the queue', () => {
  it('hands out by priority, and within one by arrival, as sorting would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 })), (priorities) => {
        const queue = new PriorityQueue<number>();
        priorities.forEach((priority, at) => queue.push(at, priority));
        const order = priorities.map((_, at) => at).sort((a, b) => priorities[b]! - priorities[a]! || a - b);
        assert.deepEqual(
          priorities.map(() => queue.shift()),
          order,
        );
      }),
    );
  });

  it('counts those that would go before', () => {
    const queue = new PriorityQueue<string>();
    queue.push('low', -1);
    queue.push('high', 5);
    queue.push('normal', 0);
    assert.deepEqual([queue.countFrom(6), queue.countFrom(5), queue.countFrom(0), queue.countFrom(-9)], [0, 1, 2, 3]);
    queue.remove('high');
    assert.equal(queue.peek(), 'normal');
  });
});

describe('the graph', () => {
  it('leaves an order edge out when a data edge says it already', () => {
    const root = body();
    const [a, b] = [child(root, 'a'), child(root, 'b')];
    b.sources.add(a);
    for (const node of [a, b]) root.delivered.add(node);
    const c = child(root, 'c');
    const d = child(root, 'd');
    d.sources.add(b);
    assert.deepEqual(graphOf([a, b, c, d]).edges, [
      ['a', 'b', 'data'],
      ['b', 'c', 'order'],
      ['b', 'd', 'data'],
    ]);
  });

  it('cuts an error at 200 characters', () => {
    const { nodes } = graphOf([failed(body(), 'a', 'x'.repeat(500))]);
    assert.equal(nodes[0]?.error?.length, 200);
  });
});

describe('what the history would not tell', () => {
  it('are tasks without a pod, with the edges to them; nothing when there are none', () => {
    const root = body();
    const [a, b] = [child(root, 'a'), child(root, 'b')];
    a.pods.push('a-1');
    assert.equal(tasksWithoutPods([a]), undefined);
    b.sources.add(a);
    const told = tasksWithoutPods([a, b]);
    assert.deepEqual([told?.nodes.map(({ name }) => name), told?.edges], [['b'], [['a', 'b', 'data']]]);
  });

  it('are tasks that ended in another way than their last pod', () => {
    const ended = (name: string, pod: PodOver, end: End) => {
      const node = child(body(), name);
      node.pods.push(`${name}-1`);
      node.podOver(pod);
      node.end = end;
      return node;
    };
    const error = new Error('x');
    const tasks = [
      ended('caught', 'failed', { state: 'done' }),
      ended('failedAfter', 'done', { state: 'upstream', error }),
      ended('good', 'done', { state: 'done' }),
      ended('bad', 'failed', { state: 'failed', error }),
      ended('skipped', 'failed', { state: 'skipped' }),
    ];
    const told = tasksWithoutPods(tasks)?.nodes.map(({ name, state }) => `${name}:${state}`);
    assert.deepEqual(told, ['caught:done', 'failedAfter:upstream']);
  });

  it('is told of at most 500 tasks, and of less when they have much to say', () => {
    const root = body();
    const many = Array.from({ length: 600 }, (_, at) => child(root, `t${at}`));
    const few = tasksWithoutPods(many.slice(0, 400));
    assert.equal(few?.nodes.length, 400);
    const sources = many.slice(0, 100);
    for (const node of many) for (const source of sources) node.sources.add(source);
    const told = tasksWithoutPods(many)!;
    const bytes = Buffer.byteLength(JSON.stringify(told));
    assert.ok(bytes <= 32 * 1024 && bytes > 30 * 1024, String(bytes));
    assert.equal(told.edges.length, told.nodes.length * 100);
    for (const node of many) node.sources.clear();
    assert.ok(tasksWithoutPods(many)!.nodes.length <= 500);
  });
});

describe('the table', () => {
  it('counts all, and shows the 100 that matter most', () => {
    const root = body();
    const many = Array.from({ length: 150 }, (_, at) => child(root, `t${at}`));
    for (const node of many) node.end = { state: 'done' };
    const bad = failed(root, 'bad', 'broken');
    const lines = detailsOf([...many, bad]).split('\n');
    assert.equal(lines[0], '150 done, 1 failed of 151');
    assert.equal(lines[4], '| ❌ | bad |  |  |  | broken |');
    assert.equal(lines.filter((line) => line.startsWith('| ✅')).length, 99);
    assert.equal(lines.at(-1), '… and 51 more');
  });

  it('keeps foreign text in its cell', () => {
    const line = detailsOf([failed(body(), 'a', 'no | way <b>\nsecond line')])
      .split('\n')
      .at(-1);
    assert.equal(line, '| ❌ | a |  |  |  | no \\| way \\<b\\> |');
  });

  it('has a header on each column but that of the icons, and names what a task that did not run waited for', () => {
    const root = body();
    const bad = failed(root, 'bad', 'OOMKilled: too much');
    const after = child(root, 'after');
    after.sources.add(bad).add(child(root, 'good'));
    after.end = { state: 'upstream', error: new Error('OOMKilled: too much') };
    const [, , header, , ...rows] = detailsOf([bad, after]).split('\n');
    assert.equal(header, '| | task | waits for | tries | time | note |');
    assert.equal(rows[1], '| ⛔ | after | bad, good |  |  | not run, since bad failed |');
  });

  it('names 8 tasks that one waits for, and counts the others', () => {
    const root = body();
    const join = child(root, 'join');
    for (let at = 0; at < 10; at++) join.sources.add(child(root, `s${at}`));
    assert.match(detailsOf([join]), /\| s0, s1, s2, s3, s4, s5, s6, s7 \+2 \|/);
  });
});

describe('the folder', () => {
  it('can be imported outside of a workflow, as the client does', async () => {
    const { graphQuery, dag } = await import('../../src/workflows/dag/index.ts');
    assert.equal(graphQuery.name, 'graph');
    await assert.rejects(
      dag(() => undefined),
      /dag\(\) runs in a workflow only/,
    );
  });
});
