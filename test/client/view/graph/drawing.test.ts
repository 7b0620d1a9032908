import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { allWordsOf, drawingOf, wordsOf } from '../../../../src/client/view/graph/drawing.ts';
import { BODY, type GraphNode } from '../../../../src/contract/index.ts';
import { graph } from './support.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const draw = (arrows: string[], changes: Record<string, Partial<GraphNode>> = {}, body = false) =>
  drawingOf(graph(arrows, changes), { title: 't', now: START + 30_000, body });
const words = (change: Partial<GraphNode>) => draw(['a'], { a: change }).nodes.map(wordsOf)[0];

suite('what is drawn of a graph', () => {
  const body = `a > ${BODY}`;

  test('the body, and the lines to it, only when it is asked for', () => {
    const noPods = { [BODY]: { pods: [] } };
    assert.deepEqual(draw([body], noPods), { ...draw(['a']) });
    assert.deepEqual(draw([body], noPods, true).edges, [['a', BODY, 'data']]);
  });

  test('or when it has pods that no other node tells of', () => {
    assert.equal(draw([body], { [BODY]: { pods: ['pod-1'] } }).nodes.length, 2);
    assert.deepEqual(
      draw([body, 'pod-1'], { [BODY]: { pods: ['pod-1'] }, 'pod-1': { pods: ['pod-1'] } }).nodes.map(
        ({ name }) => name,
      ),
      ['a', 'pod-1'],
    );
  });

  test('an edge to what is no node is none', () => {
    const known = graph(['a > b']);
    assert.deepEqual(drawingOf({ ...known, nodes: known.nodes.slice(0, 1) }, { title: 't', now: 0 }).edges, []);
  });

  const rows: [said: string, change: Partial<GraphNode>][] = [
    ['done · 12 s', { startedAt: START, endedAt: START + 12_000 }],
    ['running · 30 s · 2 pods', { state: 'running', startedAt: START, tries: 2 }],
    ['waiting', { state: 'waiting', tries: 0 }],
    ['held · until 2026-01-01T12:00Z · 30 s', { state: 'held', startedAt: START, heldUntil: START + 12 * 3_600_000 }],
    [
      'running · 480 of 500 items, 3 failed',
      { state: 'running', mapped: { items: 500, done: 480, failed: 3, running: 17, chunks: [] } },
    ],
    ['reused', { state: 'reused', tries: 0 }],
    ['done · changed: resources, env', { changed: { resources: {}, env: {} } }],
  ];
  for (const [said, change] of rows) test(said, () => assert.equal(words(change), said));

  test('a tooltip has everything, a line each', () => {
    const change = {
      state: 'failed',
      startedAt: START,
      endedAt: START + 1000,
      error: 'OOMKilled',
      parent: 'b',
    } as const;
    assert.deepEqual(draw(['a'], { a: { ...change, changed: { args: ['x'] } } }).nodes.map(allWordsOf)[0], [
      'a',
      'failed · 1 s · changed: args',
      'created by b',
      'OOMKilled',
      'started 2026-01-01T00:00:00Z',
      'ended 2026-01-01T00:00:01Z',
      'changed: {"args":["x"]}',
    ]);
  });

  test('no text has a line break or an escape sequence', () => {
    const bad = 'x\u001b[31m\ny\u202e';
    const { title, nodes } = drawingOf(
      graph(['a'], { a: { name: bad, error: bad, parent: bad, changed: { [bad]: bad } } }),
      {
        title: bad,
        now: 0,
      },
    );
    for (const line of [title, ...nodes.flatMap(allWordsOf)]) assert.doesNotMatch(line, /[\n\u001b\u202e]/);
    assert.equal(nodes.length, 1);
  });
});
