import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { didYouMean } from '../../../src/common/did-you-mean.ts';
import { labelOf } from '../../../src/client/logs/printer.ts';
import { labels } from '../../../src/client/terminal/output.ts';
import { pendingText, type PendingPod } from '../../../src/client/history/pending.ts';
import { endText } from '../../../src/client/history/pod-end.ts';
import { summaryOf } from '../../../src/client/run/start.ts';
import type { PodEnd, PodRecord } from '../../../src/contract/index.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const ref = { namespace: 'n', name: 'orders-1a', uid: 'u' };
const record = (more: Partial<PodRecord>): PodRecord => ({ v: 1, cluster: 'c', pod: ref, phase: 'Pending', ...more });
const ended = (finished: string): PodRecord =>
  record({ ended: { outcome: { kind: 'Succeeded', startedEver: true }, times: { finished } } as PodEnd });

suite('what is said of a pod under way', () => {
  const rows: [said: string | undefined, pending: Partial<PendingPod>][] = [
    ['created orders-1a', { record: record({ reason: 'Created' }) }],
    ['running in orders-1a on a', { record: record({ phase: 'Running', reason: 'Running', node: 'a' }) }],
    [
      'pending in orders-1a on a: ImagePullBackOff: x:1',
      { record: record({ reason: 'ImagePullBackOff: x:1\nmore', node: 'a' }) },
    ],
    ['pending in orders-1a', { record: record({}) }],
    ['no pod yet: exceeded quota', { record: { v: 1, cluster: 'c', phase: 'Pending', reason: 'exceeded quota' } }],
    [
      'pending in orders-1a: ErrImagePull: 503 Service Unavailable',
      {
        record: record({
          reason: 'ImagePullBackOff: Back-off pulling image "x:1": ErrImagePull: 503 Service Unavailable',
        }),
      },
    ],
    [
      'pending in orders-1a: ErrImagePull: 503 Service Unavailable',
      { record: record({ reason: 'ErrImagePull: 503 Service Unavailable' }) },
    ],
    ['orders-1a on a is being deleted', { record: record({ phase: 'Succeeded', reason: 'Terminating', node: 'a' }) }],
    ['the next worker goes on with orders-1a', { state: 'scheduled', attempt: 2, record: record({}) }],
    [undefined, {}],
    [undefined, { state: 'scheduled', scheduledMs: NOW - 1_000 }],
    ['waiting for a worker with a free slot', { state: 'scheduled', scheduledMs: NOW - 3_000 }],
    [
      'interrupted (activity Heartbeat timeout); the next worker goes on with orders-1a',
      { state: 'scheduled', attempt: 2, lastFailure: 'activity Heartbeat timeout', record: record({}) },
    ],
    ['stopping orders-1a', { state: 'cancel requested', record: record({ phase: 'Running' }) }],
    ['stopping', { state: 'cancel requested' }],
    ['paused, until somebody unpauses it in Temporal', { state: 'paused', record: record({}) }],
    [undefined, { record: ended('2026-01-01T00:00:58Z') }],
    ['orders-1a has ended (Succeeded); deleting it', { record: ended('2026-01-01T00:00:30Z') }],
  ];
  for (const [said, pending] of rows)
    test(said ?? `nothing: ${JSON.stringify(pending)}`, () => {
      const whole = { activityId: 'orders-1', state: 'started', attempt: 1, scheduledMs: NOW, ...pending } as const;
      assert.equal(pendingText(whole, NOW), said);
    });
});

test('a long reason keeps its end, which decides', () => {
  const reason = `ErrImagePull: ${'failed to resolve: '.repeat(30)}not found`;
  const pending = { activityId: 'orders-1', state: 'started', attempt: 1, scheduledMs: NOW } as const;
  const said = pendingText({ ...pending, record: record({ reason }) }, NOW) ?? '';
  assert.match(said, /^pending in orders-1a: ErrImagePull: failed .* … .*not found$/);
  assert.ok(said.length < 190, said);
});

suite('what is said of a pod that has ended', () => {
  const times = (seconds: number) => ({
    started: '2026-01-01T00:00:00Z',
    finished: new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString(),
  });
  const logs = { uri: '', lines: 1, bytes: 1, gaps: 2, tail: '' };
  const rows: [said: string, end: Parameters<typeof endText>[0]][] = [
    ['done in less than 1 s', { how: 'done', times: times(0) }],
    ['done in 61 s', { how: 'done', times: times(61) }],
    ['done in 5 min', { how: 'done', times: times(310) }],
    ['done in 2.5 h', { how: 'done', times: times(9000) }],
    ['done; its log has 2 gaps', { how: 'done', logs }],
    ['done already, in sales-1', { how: 'done', times: times(9), reused: { workflowId: 'sales-1', runId: 'r' } }],
    ['failed (ContainerFailed, exit code 3)', { how: 'failed', why: 'ContainerFailed: x: y', exitCode: 3 }],
    ['timed out (TimeoutFailure)', { how: 'timed out', why: 'TimeoutFailure: activity StartToClose timeout' }],
    ['cancelled, its pod is gone', { how: 'cancelled', cleanup: { gone: true } }],
    ['cancelled', { how: 'cancelled', cleanup: { gone: false } }],
    ['skipped by its own word, exit code 99', { how: 'done', skipped: true, exitCode: 99 }],
    [
      'done; 3 lines (70 bytes) were left out of its log',
      { how: 'done', logs: { ...logs, gaps: 0, dropped: { lines: 3, bytes: 70 } } },
    ],
    [
      'cancelled; its log has a gap (the storage refused it)',
      { how: 'cancelled', logs: { ...logs, gaps: 1, unstored: true } },
    ],
    [
      'done; its log has a gap; at least 3 lines (70 bytes) were left out of its log',
      { how: 'done', logs: { ...logs, gaps: 1, dropped: { lines: 3, bytes: 70 } } },
    ],
  ];
  for (const [said, end] of rows) test(said, () => assert.equal(endText(end), said));
});

suite('labels of log lines', () => {
  test('the main container speaks for its task, any other says its name', () => {
    const pod = { task: 'orders', main: 'base' };
    assert.deepEqual(
      ['base', 'proxy'].map((name) => labelOf(pod, name)),
      ['orders', 'orders/proxy'],
    );
  });

  test('stand one under the other, numbered as they appear; a very long one moves only itself', () => {
    const label = labels();
    const long = 'x'.repeat(50);
    assert.deepEqual(['ab', 'orders', 'ab', long, 'ab'].map(label), [
      { text: 'ab', index: 0 },
      { text: 'orders', index: 1 },
      { text: 'ab    ', index: 0 },
      { text: long, index: 2 },
      { text: 'ab    ', index: 0 },
    ]);
  });
});

suite('did you mean', () => {
  const known = ['diamond', 'hello', 'pod', 'nightlySales'];
  const rows: [typed: string, meant: string | undefined][] = [
    ['hallo', 'hello'],
    ['Hello', 'hello'],
    ['ehllo', 'hello'],
    ['dimond', 'diamond'],
    ['nightly-sales', 'nightlySales'],
    ['pods', 'pod'],
    ['xyz', undefined],
    ['', undefined],
  ];
  for (const [typed, meant] of rows) test(`${typed}: ${meant}`, () => assert.equal(didYouMean(typed, known), meant));
});

suite('the summary of a run', () => {
  const rows: [law: string, args: unknown[], summary: string][] = [
    ['is the name', [], 'hello'],
    ['holds the arguments as code', [{ a: 'b' }, 1], 'hello `{"a":"b"} 1`'],
    ['no argument can end the code', ['a`b'], 'hello `"a\'b"`'],
    ['is cut where Temporal would refuse it', ['😀'.repeat(200)], `hello \`"${'😀'.repeat(79)}…\``],
  ];
  for (const [law, args, summary] of rows)
    test(law, () => {
      assert.equal(summaryOf('hello', args), summary);
      assert.ok(Buffer.byteLength(summary) <= 400);
    });
});
