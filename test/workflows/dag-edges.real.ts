/** An `await` is an edge, however it is written; and what is shown of it: the query `graph` and the table in the Web UI. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Graph } from '../../src/contract/index.ts';
import { graphQuery } from '../../src/workflows/dag/index.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

const edgesTo = (graph: Graph, name: string) =>
  graph.edges
    .filter(([, to]) => to === name)
    .map(([from, , kind]) => (kind === 'data' ? from : `${from} (order)`))
    .sort();

async function graphAfter(name: 'waitingForms' | 'orderForms' | 'hiddenWait'): Promise<Graph> {
  const handle = await worker.start(name);
  await handle.result();
  return handle.query(graphQuery);
}

describe('an await is an edge', () => {
  const FORMS: Record<string, string[]> = {
    await: ['a'],
    all: ['a', 'b'],
    allSettled: ['a', 'bad'],
    race: ['a', 'b'],
    any: ['b', 'bad'],
    loop: ['a', 'b'],
    try: ['bad'],
    'then-inside': ['a'],
    'then-outside': ['a'],
    'catch-outside': ['bad'],
    'finally-outside': ['b'],
    'all-outside': ['a', 'b'],
    'all-with-other-values': ['a', 'b'],
    'allSettled-outside': ['a', 'bad'],
    'any-outside': ['b', 'bad'],
    'race-outside': ['a', 'b'],
    'resolve-outside': ['a'],
    helper: ['a'],
    after: ['a', 'b'],
    'after-a-sleep': ['b'],
    returned: ['b'],
    'for-await': ['a', 'b'],
    generator: ['a', 'b'],
    'in-a-callback': ['b'],
    children: ['child-1', 'child-2'],
    'child-1': ['a'],
    // Waits that go another way than through a handle are not seen.
    condition: [],
    late: [],
  };
  let graph: Graph;
  before(async () => (graph = await graphAfter('waitingForms')));

  for (const [form, sources] of Object.entries(FORMS)) {
    it(`in the form '${form}': ${sources.join(', ') || 'none'}`, () => assert.deepEqual(edgesTo(graph, form), sources));
  }

  it('a task created in a task has it as its parent', () => {
    const parents = graph.nodes.filter((node) => node.parent).map((node) => [node.name, node.parent]);
    assert.deepEqual(parents, [
      ['child-1', 'children'],
      ['child-2', 'children'],
      ['late', 'spawner'],
    ]);
  });

  it('a task that its creator did not wait for is waited for at the end', () => {
    assert.deepEqual(graph.nodes.find((node) => node.name === 'late')?.state, 'done');
  });

  it('a promise of an async function that the body called hides the wait: the edge goes to the body', async () => {
    const hidden = await graphAfter('hiddenWait');
    assert.deepEqual(edgesTo(hidden, 'waits'), []);
    assert.deepEqual(edgesTo(hidden, '(body)'), ['a']);
  });
});

describe('order edges', () => {
  it('lead to a task from what the body had awaited before it created it, without what that says already', async () => {
    const graph = await graphAfter('orderForms');
    const found = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, edgesTo(graph, name)]));
    assert.deepEqual(found, { a: [], b: ['a'], c: ['a (order)'], d: ['b (order)', 'c (order)'], e: ['d (order)'] });
  });

  it('of a loop that awaits each task are a chain', async () => {
    const handle = await worker.start('orderedLoop', 12);
    await handle.result();
    const { edges } = await handle.query(graphQuery);
    const order = edges.filter(([, , kind]) => kind === 'order').map(([from, to]) => `${from} → ${to}`);
    assert.deepEqual(
      order,
      Array.from({ length: 11 }, (_, at) => `step-${at} → step-${at + 1}`),
    );
  });
});

describe('what is shown', () => {
  it('every pod is told its task and the tasks that this one had awaited', async () => {
    const handle = await worker.start('diamond', {});
    assert.deepEqual(await handle.result(), [['orders', 'refunds'], 'orders']);
    const told = worker.pods(handle.workflowId).started.map(({ task, after }) => [task, after.join(' ')]);
    assert.deepEqual(Object.fromEntries(told), {
      orders: '',
      refunds: '',
      lone: '',
      charts: 'orders',
      ledger: 'orders refunds',
    });
  });

  it('while it runs, the query and the table say who runs, who waits, and for whom', async () => {
    const handle = await worker.start('diamond', { ms: 1_500, maxParallel: 2 });
    const graph = await until(
      () => handle.query(graphQuery),
      ({ nodes }) => nodes.some((node) => node.state === 'running'),
    );
    const { nodes, edges } = graph;
    assert.deepEqual(Object.fromEntries(nodes.map((node) => [node.name, node.state])), {
      '(body)': 'waiting',
      orders: 'running',
      refunds: 'running',
      ledger: 'waiting',
      charts: 'waiting',
      lone: 'queued',
    });
    assert.ok(edges.some(([from, to]) => from === 'ledger' && to === '(body)'));
    const table = await detailsOf(handle);
    assert.match(table, /^2 waiting, 1 queued, 2 running of 5\n/);
    assert.match(table, /\| ⏳ \| charts \| orders \|/);
    await handle.cancel();
    await assert.rejects(handle.result());
  });

  it('afterwards, the query and the table hold states, pods, times and errors', async () => {
    const handle = await worker.start('diamond', { fails: 'charts' });
    await assert.rejects(handle.result());
    const { nodes } = await handle.query(graphQuery);
    const charts = nodes.find((node) => node.name === 'charts');
    assert.deepEqual(
      { ...charts, startedAt: 0, endedAt: 0 },
      {
        name: 'charts',
        state: 'failed',
        tries: 1,
        pods: ['charts-1'],
        error: 'charts is broken',
        startedAt: 0,
        endedAt: 0,
      },
    );
    assert.ok(charts!.endedAt! >= charts!.startedAt!);
    const table = await detailsOf(handle);
    assert.match(table, /^4 done, 1 failed of 5\n/);
    assert.match(table, /\| ❌ \| charts \| orders \| 1 \| \d+\.\d s \| charts is broken \|/);
  });
});

describe('replay', () => {
  it('every history of these tests fits the code', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
  });

  it('two tasks that change places are noticed, for each activity has the name of its task', async () => {
    const [handle] = worker.handles.filter((known) => known.workflowId.startsWith('diamond-'));
    const problems = await replayProblems(worker.workflowBundle, [handle!], 'diamondSwapped');
    assert.match(problems.join(), /'orders-1' does not match activity id of activity command 'refunds-1'/);
  });

  it('a task that is added is noticed', async () => {
    const [handle] = worker.handles.filter((known) => known.workflowId.startsWith('diamond-'));
    const problems = await replayProblems(worker.workflowBundle, [handle!], 'diamondWithMore');
    assert.match(problems.join(), /Nondeterminism|does not match/i);
  });
});

async function detailsOf(handle: { query(name: string): Promise<unknown> }): Promise<string> {
  return ((await handle.query('__temporal_workflow_metadata')) as { currentDetails: string }).currentDetails;
}

/** Asks again until the answer fits, for at most 10 s. */
async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (fits(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
