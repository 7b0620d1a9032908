/** The graph of a run from its history alone, and together with what a worker tells. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { merged } from '../../../src/client/history/read-run.ts';
import { Edges, type RunGraph } from '../../../src/client/history/run-graph.ts';
import { RunHistory } from '../../../src/client/history/run-history.ts';
import { hasEnded } from '../../../src/client/view/task-state.ts';
import type { HistoryEvent } from '../../../src/common/history-pages.ts';
import type { Graph, GraphNode } from '../../../src/contract/index.ts';
import { historyOf, recordings } from '../recorded.ts';

const statesOf = ({ nodes }: Graph) => nodes.map(({ name, state }) => `${name}:${state}`).join(' ');
const edgesOf = ({ edges }: Graph) =>
  edges.map(([from, to, kind]) => `${from}→${to}${kind === 'data' ? '' : '?'}`).join(' ');
const nodeOf = ({ nodes }: RunGraph, name: string) => nodes.find((node) => node.name === name);

const payloads = (...values: unknown[]) => ({
  payloads: values.map((value) => defaultPayloadConverter.toPayload(value)),
});
let eventId = 0;
const event = (attributes: object, seconds = 0) =>
  ({ eventId: ++eventId, eventTime: { seconds, nanos: 0 }, ...attributes }) as unknown as HistoryEvent;
const pod = (activityId: string, input: object, seconds = 0) =>
  event(
    { activityTaskScheduledEventAttributes: { activityType: { name: 'runPod' }, activityId, input: payloads(input) } },
    seconds,
  );
const done = ({ eventId: scheduledEventId }: HistoryEvent, result: object = {}, seconds = 1) =>
  event({ activityTaskCompletedEventAttributes: { scheduledEventId, result: payloads(result) } }, seconds);
const failed = ({ eventId: scheduledEventId }: HistoryEvent, message: string, seconds = 1) => {
  const failure = { message, applicationFailureInfo: { type: 'ContainerFailed' } };
  return event({ activityTaskFailedEventAttributes: { scheduledEventId, failure } }, seconds);
};
const timer = (summary: string, seconds: number, length: number) =>
  event(
    {
      timerStartedEventAttributes: { startToFireTimeout: { seconds: length } },
      userMetadata: { summary: defaultPayloadConverter.toPayload(summary) },
    },
    seconds,
  );
const update = (name: string, ...args: unknown[]) =>
  event(
    {
      workflowExecutionUpdateAcceptedEventAttributes: { acceptedRequest: { input: { name, args: payloads(...args) } } },
    },
    5,
  );
const completed = () => event({ workflowExecutionCompletedEventAttributes: {} }, 9);
function told(...events: HistoryEvent[]) {
  const history = new RunHistory('w');
  for (const one of events) history.take(one);
  return history.graph();
}

suite('a recorded history as a graph', () => {
  for (const file of recordings)
    test(`${file}: every task has ended, each edge has two ends, each pod a task`, () => {
      const history = historyOf(file);
      const graph = history.graph();
      assert.ok(history.isBegun && history.closed);
      // One of them was refused before its DAG began.
      assert.equal(graph.nodes.length > 0, file !== 'histories/hello/invalid-argument.json');
      const names = new Set(graph.nodes.map(({ name }) => name));
      assert.equal(names.size, graph.nodes.length);
      for (const node of graph.nodes) {
        assert.ok(hasEnded(node.state), `${node.name} is ${node.state}`);
        assert.ok(node.tries === 0 || (node.endedAt ?? 0) >= (node.startedAt ?? Infinity), node.name);
      }
      for (const [from, to] of graph.edges) assert.ok(names.has(from) && names.has(to));
      assert.deepEqual(
        graph.nodes.flatMap(({ pods }) => pods).sort(),
        graph.pods.map(({ activityId }) => activityId).sort(),
      );
    });

  const endings: [file: string, states: string, edges: string][] = [
    [
      'histories/diamond/success.json',
      'orders:done regions:done products:done report:done',
      'orders→regions orders→products regions→report products→report',
    ],
    [
      'histories/diamond/failure.json',
      'orders:failed regions:upstream products:upstream report:upstream',
      'orders→regions orders→products regions→report',
    ],
    ['histories/pod/cancelled.json', 'main:cancelled', ''],
    ['histories/pod/bad-spec.json', 'main:failed', ''],
    ['histories/growing/more-memory.json', 'main:done', ''],
    [
      'workflows/histories/retry-with-a-change.json',
      'bad:done lone:done needs:done catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/skip-with-a-value.json',
      'bad:skipped lone:done needs:done catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/skip.json',
      'bad:skipped lone:done needs:skipped catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/fail.json',
      'bad:failed lone:done needs:upstream catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/held-until-its-time.json',
      'bad:failed lone:done needs:upstream catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/hold-extended.json',
      'bad:failed lone:done needs:upstream catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/cancelled-while-held.json',
      'bad:cancelled lone:done needs:cancelled catches:done settled:done',
      'bad→needs bad→catches bad→settled',
    ],
    [
      'workflows/histories/stop.json',
      'bad:failed running:done later:skipped after-later:skipped',
      'bad→later? later→after-later bad→after-later?',
    ],
    [
      'workflows/histories/cancel-the-rest.json',
      'bad:failed running:cancelled later:cancelled after-later:cancelled',
      'bad→later? later→after-later bad→after-later?',
    ],
    [
      'workflows/histories/one-task-cancelled.json',
      'orders:cancelled refunds:done lone:done ledger:cancelled charts:cancelled',
      'orders→ledger orders→charts',
    ],
    ['workflows/histories/map-with-a-failure.json', 'found:done load:failed sum:upstream', 'found→load load→sum'],
    ['workflows/histories/a-chunk-that-fails.json', 'load-2:done load-3:failed', ''],
    [
      'workflows/histories/rerun.json',
      'orders:reused refunds:reused audit:reused ledger:done summed:done last:done',
      'orders→audit orders→ledger refunds→ledger summed→last ledger→summed',
    ],
    [
      'workflows/histories/rerun-of-a-map.json',
      'found:reused load:reused report:reused last:reused',
      'found→load load→report report→last',
    ],
  ];
  for (const [file, states, edges] of endings)
    test(`${file}: ${states}`, () => {
      const graph = historyOf(file).graph();
      assert.equal(statesOf(graph), states);
      assert.equal(edgesOf(graph), edges);
    });

  test('a map counts its items by what became of its chunks', () => {
    const history = historyOf('workflows/histories/map-with-a-failure.json');
    const { chunks, ...counts } = nodeOf(history.graph(), 'load')?.mapped ?? { chunks: [] };
    assert.deepEqual(counts, { items: 4, done: 3, failed: 1, running: 0 });
    assert.deepEqual(
      chunks.map(({ from, items, state }) => ({ from, items, state })),
      [
        { from: 0, items: 2, state: 'done' },
        { from: 2, items: 2, state: 'failed' },
      ],
    );
    assert.ok(
      history.chunks.every(({ runId }) => runId),
      'the runs of its chunks can be read',
    );
  });

  test('a failure has its kind; a pod its node, exit code and end', () => {
    const graph = historyOf('histories/pod/failure.json').graph();
    assert.match(nodeOf(graph, 'main')?.error ?? '', /^ContainerFailed: pod .* ended with exit code 3/);
    assert.deepEqual(
      graph.pods.map(({ end }) => [end?.how, end?.pod?.node, end?.exitCode, end?.cleanup?.gone]),
      [['failed', 'localhost', 3, true]],
    );
  });

  test('while a task is held: until when; and then what was decided', () => {
    const file = 'workflows/histories/retry-with-a-change.json';
    const held = historyOf(
      file,
      (one) => one.timerStartedEventAttributes !== undefined && one.timerStartedEventAttributes !== null,
    );
    const bad = nodeOf(held.graph(), 'bad');
    assert.equal(bad?.state, 'held');
    const started = historyOf(file).graph().pods[0]?.endedAt ?? 0;
    assert.ok(Math.abs((bad.heldUntil ?? 0) - started - 3_600_000) < 60_000, 'an hour after it failed');
    assert.deepEqual(nodeOf(historyOf(file).graph(), 'bad')?.changed, { fail: null, output: 'mended' });
  });

  test('new pods that are paused are told until they are resumed', () => {
    const file = 'workflows/histories/pods-paused-and-resumed.json';
    const paused = historyOf(
      file,
      (one) => one.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === 'pausePods',
    );
    assert.equal(paused.graph().podsPaused, true);
    assert.equal(historyOf(file).graph().podsPaused, undefined);
  });
});

suite('a history as a graph', () => {
  test('order and parent are told; data is more than order', () => {
    const [a, b] = [pod('a-1', { task: 'a', after: [] }), pod('b-1', { task: 'b', after: ['a'] })];
    const c = pod('c-1', { task: 'c', after: [], order: ['b'], parent: 'b' });
    const again = pod('b-2', { task: 'b', after: [], order: ['a'] });
    const graph = told(a, done(a), b, failed(b, 'x'), c, again);
    assert.equal(edgesOf(graph), 'a→b b→c?');
    assert.equal(nodeOf(graph, 'c')?.parent, 'b');
  });

  test('a failure is overcome by another pod of the same task, and by a retry', () => {
    const first = pod('a-1', { task: 'a', after: [] });
    assert.equal(statesOf(told(first, failed(first, 'x'))), 'a:failed');
    assert.equal(
      statesOf(told(first, failed(first, 'x', 1), pod('a-2', { task: 'a', after: [], try: 2 }, 2))),
      'a:running',
    );
    assert.equal(
      statesOf(told(first, failed(first, 'x', 1), timer('a: held', 1, 60), update('retryTask', 'a'))),
      'a:waiting',
    );
  });

  test('between two tries it waits, and says until when; then for a slot', () => {
    const first = pod('a-1', { task: 'a', after: [] });
    const wait = timer('a: before the next try', 1, 30);
    const graph = told(first, failed(first, 'x', 1), wait);
    assert.equal(statesOf(graph), 'a:waiting');
    assert.deepEqual(nodeOf(graph, 'a')?.pausing, { why: 'nextTry', until: 31_000 });
    const fired = event({ timerFiredEventAttributes: { startedEventId: wait.eventId } }, 31);
    const queued = told(first, failed(first, 'x', 1), wait, fired);
    assert.deepEqual([statesOf(queued), nodeOf(queued, 'a')?.pausing], ['a:queued', undefined]);
    const closed = event({ workflowExecutionCompletedEventAttributes: {} }, 40);
    assert.equal(statesOf(told(first, failed(first, 'x', 1), wait, fired, closed)), 'a:failed');
    const second = pod('a-2', { task: 'a', after: [], try: 2 }, 32);
    assert.equal(statesOf(told(first, failed(first, 'x', 1), wait, fired, second)), 'a:running');
  });

  test('a hold that is extended goes on, one whose timer was cancelled otherwise is cancelled', () => {
    const first = pod('a-1', { task: 'a', after: [] });
    const hold = timer('a: held', 1, 60);
    const cancelled = event({ timerCanceledEventAttributes: { startedEventId: hold.eventId } });
    assert.equal(statesOf(told(first, failed(first, 'x'), hold, cancelled)), 'a:cancelled');
    const extended = told(first, failed(first, 'x'), hold, cancelled, timer('a: held', 2, 120));
    assert.deepEqual([statesOf(extended), nodeOf(extended, 'a')?.heldUntil], ['a:held', 122_000]);
  });

  test('results of an earlier run are told as reused', () => {
    const a = pod('a-1', { task: 'a', after: [] });
    const graph = told(a, done(a, { reused: { workflowId: 'e', runId: 'r' } }));
    assert.equal(statesOf(graph), 'a:reused');
    assert.deepEqual(graph.pods[0]?.end?.reused, { workflowId: 'e', runId: 'r' });
  });

  test('tasks that never came to a pod are told by the memo, with their edges', () => {
    const a = pod('a-1', { task: 'a', after: [] });
    const memo = {
      nodes: [{ name: 'b', state: 'upstream', tries: 0, pods: [], error: 'x' }],
      edges: [['a', 'b', 'data']],
    };
    const fields = { tasksWithoutPods: defaultPayloadConverter.toPayload(memo) };
    const graph = told(
      a,
      failed(a, 'x'),
      event({ workflowPropertiesModifiedEventAttributes: { upsertedMemo: { fields } } }),
    );
    assert.equal(statesOf(graph), 'a:failed b:upstream');
    assert.equal(edgesOf(graph), 'a→b');
  });

  test('a task that is awaited and has no pod has been there', () => {
    const b = pod('b-1', { task: 'b', after: ['sum'] });
    assert.equal(statesOf(told(b, done(b))), 'sum:done b:done');
  });

  test('what was under way when the run was closed over its head is cancelled', () => {
    assert.equal(statesOf(told(pod('a-1', { task: 'a', after: [] }), completed())), 'a:cancelled');
  });

  test('pods of no task are nodes of their own', () => {
    const [one, two] = [pod('pod-1', { task: 'pod', after: [] }), pod('pod-2', { task: 'pod', after: [] })];
    assert.equal(statesOf(told(one, two, done(one))), 'pod-1:done pod-2:running');
  });

  test('a rerun knows its origin, and a run its arguments', () => {
    const history = new RunHistory('w');
    const memo = { fields: { rerunOf: defaultPayloadConverter.toPayload({ workflowId: 'e', runId: 'r' }) } };
    history.take(event({ workflowExecutionStartedEventAttributes: { input: payloads({ day: 1 }, 'x'), memo } }));
    assert.deepEqual(history.args, [{ day: 1 }, 'x']);
    assert.deepEqual(history.rerunOf, { workflowId: 'e', runId: 'r' });
  });
});

suite('a worker’s word and the history together', () => {
  const node = (name: string, state: GraphNode['state']): GraphNode => ({ name, state, tries: 0, pods: [] });
  const a = pod('a-1', { task: 'a', after: [] });
  const graph: Graph = {
    nodes: [node('(body)', 'waiting'), node('a', 'running'), node('b', 'waiting')],
    edges: [['a', 'b', 'data']],
  };
  const live = { pending: [], now: 0 };

  test('the worker knows the tasks that wait, the history the pods', () => {
    const whole = merged(graph, told(a), live);
    assert.equal(statesOf(whole), '(body):waiting a:running b:waiting');
    assert.deepEqual(nodeOf(whole, 'a')?.pods, ['a-1']);
    assert.equal(whole.from, 'worker');
  });
  test('what only the history knows is there too', () => {
    assert.match(statesOf(merged(graph, told(a, pod('pod-1', { task: 'pod' })), live)), / pod-1:running$/);
  });
  test('between two tries there is why', () => {
    const history = told(a, failed(a, 'ended with exit code 1'), timer('a: before the next try', 1, 30));
    assert.equal(nodeOf(merged(graph, history, live), 'a')?.error, 'ContainerFailed: ended with exit code 1');
  });
  test('without a worker’s word the history has it', () => {
    assert.equal(statesOf(merged(undefined, told(a), live)), 'a:running');
  });
  test('a pod that is under way says what it does', () => {
    const record = {
      v: 1 as const,
      cluster: 'c',
      phase: 'Running',
      node: 'n',
      pod: { namespace: 's', name: 'a-x', uid: 'u' },
    };
    const pending = [{ activityId: 'a-1', state: 'started' as const, attempt: 1, scheduledMs: 0, record }];
    assert.equal(merged(graph, told(a), { pending, now: 0 }).pods[0]?.now, 'running in a-x on n');
    assert.equal(merged(graph, told(a, done(a)), { pending, now: 0 }).pods[0]?.now, undefined);
  });
});

test('a pair that is told as both kinds is one edge: that it awaited it, whichever was told first', () => {
  for (const kinds of [
    ['data', 'order'],
    ['order', 'data'],
  ] as const) {
    const edges = new Edges();
    for (const kind of kinds) edges.add(['a', 'b', kind]);
    edges.add(['b', 'a', 'order']);
    assert.deepEqual(edges.list, [
      ['a', 'b', 'data'],
      ['b', 'a', 'order'],
    ]);
  }
});
