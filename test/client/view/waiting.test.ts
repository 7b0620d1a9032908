/** What waits for a person, and what is said of it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RunGraph } from '../../../src/client/history/run-graph.ts';
import { kindOf } from '../../../src/client/run/answer.ts';
import { waitingOf, waitingText } from '../../../src/client/view/waiting.ts';

const run = { workflowId: 'nightly-1', runId: 'r' };
const node = { tries: 1, pods: [] };
const pod = { task: 'load', main: 'base', try: 1, after: [], scheduledAt: 0 };

suite('what waits for a person', () => {
  test('a held task is told since when, until when, and what answers; no line is wider than its call', () => {
    const graph: RunGraph = {
      nodes: [
        { ...node, name: 'orders', state: 'running' },
        { ...node, name: 'load', state: 'held', pods: ['load-1', 'load-2'], heldUntil: 60_000 },
      ],
      edges: [],
      pods: [
        { ...pod, activityId: 'load-1', endedAt: 1_000 },
        { ...pod, activityId: 'load-2', endedAt: 2_000 },
        { ...pod, activityId: 'orders-1', endedAt: 9_000 },
      ],
      from: 'worker',
    };
    assert.equal(
      waitingText(waitingOf(run, graph)),
      [
        'nightly-1: task load is held',
        '  since 1970-01-01T00:00:02Z',
        '  until 1970-01-01T00:01:00Z',
        '  npm run client -- retry nightly-1 load',
        '  npm run client -- skip nightly-1 load',
        '  npm run client -- fail nightly-1 load',
        '  npm run client -- extend nightly-1 load --by 2h',
      ].join('\n'),
    );
  });

  test('a run whose new pods are paused waits for resume', () => {
    const graph: RunGraph = { nodes: [], edges: [], pods: [], podsPaused: true, from: 'worker' };
    assert.equal(
      waitingText(waitingOf(run, graph)),
      'nightly-1: new pods paused\n  npm run client -- resume nightly-1',
    );
  });

  test('a run in which nothing is held waits for nobody', () => {
    const graph: RunGraph = {
      nodes: [{ ...node, name: 'load', state: 'running' }],
      edges: [],
      pods: [],
      from: 'worker',
    };
    assert.deepEqual(waitingOf(run, graph), []);
  });
});

suite('what a run can be answered', () => {
  const metadata = {
    definition: {
      updateDefinitions: [{ name: 'decide' }, { name: '__internal' }, { name: 'retryTask' }],
      signalDefinitions: [{ name: 'poke' }, { name: 'podsPaused' }],
    },
  };

  test('is an update or a signal of its own', () =>
    assert.deepEqual([kindOf('decide', metadata), kindOf('poke', metadata)], ['update', 'signal']));

  test('and nothing else: what it takes is told', () => {
    assert.throws(() => kindOf('decid', metadata), {
      name: 'Problem',
      exitCode: 2,
      message: /^the run takes no update or signal 'decid' now.*decide.*\n {2}it takes: decide, poke$/,
    });
    assert.throws(() => kindOf('decide', {}), /it takes none$/);
  });
});
