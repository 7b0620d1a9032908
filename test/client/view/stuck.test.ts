/** A run whose workflow's code fails again and again, as `show` tells it: by a recorded history and what a server adds to it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { HistoryEvent } from '../../../src/common/history-pages.ts';
import { RunHistory, type Stuck } from '../../../src/client/history/run-history.ts';
import { lineText, type Line } from '../../../src/client/terminal/lines.ts';
import { taskLines } from '../../../src/client/view/task-lines.ts';
import { footLines, runDocument, statusLines, viewOf } from '../../../src/client/view/view.ts';
import { eventsOf, historyOf } from '../recorded.ts';

const recorded = eventsOf('histories/diamond/success.json');
const MESSAGE =
  "[TMPRL1100] Nondeterminism error: Activity id of scheduled event 'orders-1' does not match activity id of activity command 'check-1'";
const SINCE = Number(recorded[7]?.eventTime?.seconds) * 1000 + 60_000;

const event = (attributes: object, at = SINCE): HistoryEvent =>
  ({ eventTime: { seconds: at / 1000, nanos: 0 }, ...attributes }) as unknown as HistoryEvent;
const fails = (message = MESSAGE, at?: number) =>
  event({ workflowTaskFailedEventAttributes: { failure: { message } } }, at);
const starts = event({ workflowTaskStartedEventAttributes: {} });

/** When `orders` has ended, and this has happened. */
function historyWith(...events: HistoryEvent[]): RunHistory {
  const history = new RunHistory('diamond-1');
  for (const one of [...recorded.slice(0, 9), ...events]) history.take(one);
  return history;
}

const run = { workflow: 'diamond', workflowId: 'diamond-1', runId: 'r', taskQueue: 'q', status: 'running' } as const;
const view = (history: RunHistory, stuck: Stuck | undefined = history.stuck) =>
  viewOf(
    {
      run: { ...run, startedMs: SINCE - 60_000, handle: undefined as never },
      history,
      graph: history.graph(),
      earlier: [historyOf('histories/diamond/success.json').graph()],
      polled: true,
      ...(stuck && { stuck }),
    },
    SINCE + 180_000,
  );
const text = (lines: readonly Line[]) => lines.map((line) => lineText(line, {}).trimEnd());

suite('a stuck run', () => {
  test('is so since the first failure, for the newest reason, at the task where the code differs', () => {
    const { stuck } = historyWith(fails('x is not a function'), starts, fails(MESSAGE, SINCE + 60_000), starts);
    assert.equal(stuck?.since, SINCE);
    assert.equal(stuck?.task, 'check');
    assert.match(stuck?.says ?? '', /^task 'check' is new before 'orders'/);
  });

  test('is told at the top, with how long, and why in words of its tasks', () => {
    const [status, trouble] = text(statusLines(view(historyWith(fails())), SINCE + 180_000));
    assert.match(status ?? '', /^stuck for 3 min, since \d{4}-\d\d-\d\dT[\d:]+Z: 1 of 4 done, 3 waiting/);
    assert.match(trouble ?? '', /^its workflow's code fails again and again: task 'check' is new before 'orders'/);
  });

  test('keeps the tasks that have not come to a pod, as the last run had them', () => {
    assert.deepEqual(
      text(taskLines(view(historyWith(fails())).graph, SINCE)).map((line) => line.trim().split('  ')[0]),
      ['✓ orders', '├ ○ regions', '└ ○ products', '└ ○ report'],
    );
  });

  test('has ways out, which can be copied', () => {
    const foot = text(footLines(view(historyWith(fails())))).join('\n');
    assert.match(
      foot,
      /the old code back.*\n.*patched\('…'\).*\n.*\n +temporal workflow terminate --workflow-id diamond-1\n +\S.* rerun diamond-1\n/,
    );
    assert.match(foot, /docs\/changing\.md/);
  });

  test('in JSON: stuck, with the moment, the task and the reason', () => {
    const { status, stuck } = runDocument(view(historyWith(fails())));
    assert.equal(status, 'stuck');
    assert.deepEqual([stuck?.task, stuck?.since], ['check', new Date(SINCE).toISOString()]);
  });

  test('no failure yet, but a worker that cannot take it up: it runs, and will be stuck', () => {
    const { status, trouble } = view(historyWith(), { says: "task 'check' is new before 'orders'", task: 'check' });
    assert.equal(status, 'running');
    assert.match(trouble ?? '', /does not fit this run, which is stuck at its next step: task 'check' is new/);
  });

  test('is one no more when its code has done a step, or when it has been terminated', () => {
    assert.equal(historyWith(fails(), event({ workflowTaskCompletedEventAttributes: {} })).stuck, undefined);
    const ended = historyWith(fails(), event({ workflowExecutionTerminatedEventAttributes: { reason: 'old' } }));
    const after = view(ended);
    assert.equal(after.status, 'terminated');
    assert.equal(after.trouble, undefined);
    assert.match(text(footLines(after)).join('\n'), /what helps:\n.*logs.*\n.*rerun diamond-1/);
  });
});
