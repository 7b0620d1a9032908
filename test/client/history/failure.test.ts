import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { failureDocument, failureText, rootFailure } from '../../../src/client/history/failure.ts';

const run = { workflowId: 'sales-1', runId: 'r-1' };
const message = 'pod n/orders-1: ended with exit code 3\n  to do: read the last lines';
const pod = ApplicationFailure.create({
  type: 'ContainerFailed',
  message,
  details: [{ kind: 'ContainerFailed', exitCode: 3 }],
});
const activity = new ActivityFailure(
  'Activity task failed',
  'runPod',
  'orders-1',
  RetryState.NON_RETRYABLE_FAILURE,
  'w',
  pod,
);
const dag = ApplicationFailure.create({
  type: 'DagFailed',
  message: '2 of 3 tasks failed: orders, refunds\norders: pod n/orders-1: ended with exit code 3\nrefunds: no',
  details: [
    { task: 'orders', type: 'ContainerFailed', message: message.slice(0, 50) },
    { task: 'refunds', type: 'Error', message: 'no' },
  ],
  cause: activity,
});
const plain = ApplicationFailure.create({ type: 'Error', message: 'no' });

suite('the text of a failure', () => {
  const rows: [law: string, error: unknown, text: string][] = [
    [
      'names each task, and holds the whole message of the first',
      dag,
      [
        'failed: sales-1: 2 of 3 tasks failed: orders, refunds',
        '  orders: ContainerFailed',
        '    pod n/orders-1: ended with exit code 3',
        '      to do: read the last lines',
        '  refunds: no',
      ].join('\n'),
    ],
    [
      'looks behind "Activity task failed"',
      activity,
      'failed: sales-1\n  ContainerFailed\n    pod n/orders-1: ended with exit code 3\n      to do: read the last lines',
    ],
    ['does not say "Error"', plain, 'failed: sales-1\n  no'],
    ['says that it was cancelled', new CancelledFailure('Workflow canceled'), 'cancelled: sales-1'],
    ['says why it was terminated', new TerminatedFailure('enough'), 'terminated: sales-1\n  enough'],
    [
      'says that it timed out',
      new TimeoutFailure('Workflow execution timed out', undefined, TimeoutType.START_TO_CLOSE),
      'timed out: sales-1\n  Workflow execution timed out',
    ],
    ['says something about anything', 'what?', 'failed: sales-1\n  what?'],
  ];
  for (const [law, error, text] of rows) test(law, () => assert.equal(failureText(error, run), text));
});

suite('the document of a failure', () => {
  test('holds the outer failure, and as its cause the one that says something', () => {
    const document = failureDocument(dag, run);
    assert.equal(document.status, 'failed');
    assert.equal(document.type, 'DagFailed');
    assert.equal(document.details.length, 2);
    assert.deepEqual(document.cause, { type: 'ContainerFailed', message, details: pod.details });
    assert.equal(document.workflowId, 'sales-1');
  });

  test('says nothing twice', () => assert.equal('cause' in failureDocument(plain, run), false));

  test('a chain that bites its tail ends', () => {
    const snake = ApplicationFailure.create({ type: 'DagFailed', message: 'x' }) as Error;
    Object.assign(snake, { cause: snake });
    assert.equal(rootFailure(snake).type, 'DagFailed');
  });
});
