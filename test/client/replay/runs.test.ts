/** Which child workflows `replay --open` looks at besides a run: chunks of maps are runs as well. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { childrenOf } from '../../../src/client/replay/runs.ts';
import { eventsOf } from '../recorded.ts';

const events = eventsOf('workflows/histories/map-with-a-failure.json');
const taskQueue = events[0]?.workflowExecutionStartedEventAttributes?.taskQueue?.name ?? '';
const started = events.flatMap((event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution ?? []);
const idsOf = (children: ReturnType<typeof childrenOf>) => children.map(({ workflowId }) => workflowId);

suite('child workflows to replay', () => {
  test('of an open run: those that have started and not ended', () => {
    const isEnd = (event: (typeof events)[number]) =>
      event.childWorkflowExecutionCompletedEventAttributes ?? event.childWorkflowExecutionFailedEventAttributes;
    const firstEnd = events.findIndex(isEnd);
    const soFar = events.slice(0, firstEnd + 1);
    const begun = soFar.flatMap((event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution ?? []);
    const ended = isEnd(events[firstEnd]!)?.workflowExecution?.workflowId;
    assert.ok(begun.length > 1);
    assert.deepEqual(
      idsOf(childrenOf(soFar, { taskQueue, isOpen: true })),
      begun.map(({ workflowId }) => workflowId).filter((id) => id !== ended),
    );
    assert.deepEqual(childrenOf(events, { taskQueue, isOpen: true }), []);
  });

  test('of an ended run: one of each workflow', () => {
    assert.ok(started.length > 1);
    assert.deepEqual(idsOf(childrenOf(events, { taskQueue, isOpen: false })), [started[0]?.workflowId]);
  });

  test('none of another task queue: its workers have other code', () => {
    assert.deepEqual(childrenOf(events, { taskQueue: 'another', isOpen: false }), []);
  });
});
