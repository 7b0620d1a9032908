/** Which failure fails the run, when, and with what. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { graphQuery } from '../../src/workflows/dag/index.ts';
import { dagWorker, type DagWorker, type WorkflowName, type Workflows } from './support/dag-worker.ts';
import type { FailureCase } from './support/failure-workflows.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

interface Ending {
  value?: unknown;
  failure?: Error | undefined;
  /** `name:state` of every task. */
  states: string;
}

/** Runs to the end, whatever the end is. */
async function ending<N extends WorkflowName>(name: N, ...args: Parameters<Workflows[N]>): Promise<Ending> {
  const handle = await worker.start(name, ...args);
  let value: unknown;
  let failure: Error | undefined;
  try {
    value = await handle.result();
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError);
    failure = error.cause;
  }
  const { nodes } = await handle.query(graphQuery);
  const states = nodes.slice(1).map((node) => `${node.name}:${node.state}`);
  return { value, failure, states: states.join(' ') };
}

const typeOf = (failure: Error | undefined) => (failure instanceof ApplicationFailure ? failure.type : failure?.name);

/** The names of the tasks that the run failed with. */
function blamed(failure: Error | undefined): string {
  assert.equal(typeOf(failure), 'DagFailed', String(failure));
  const details = (failure as ApplicationFailure).details as { task: string }[];
  return details.map(({ task }) => task).join(' ');
}

describe('a failure is survived when somebody heard of it, and all who did went on', { concurrency: 4 }, () => {
  const FAILS: [law: string, name: FailureCase, blamed: string, states: string][] = [
    ['that nobody awaits fails the run', 'nobodyAwaits', 'bad', 'bad:failed'],
    ['is not heard by who derives a handle without a handler for errors', 'bodyDerivesOnly', 'bad', 'bad:failed'],
    ['is not heard by a finally', 'bodyPassesThroughFinally', 'bad', 'bad:failed'],
    ['is not heard by a Promise.all that nobody awaits', 'combinedButNeverAwaited', 'bad', 'bad:failed'],
    [
      'caught by one and passed on by another fails the run',
      'oneOfTwoHearersFails',
      'bad',
      'bad:failed catches:done passes-on:upstream',
    ],
    [
      'wrapped and thrown again is still the failure of its task',
      'rethrownWrapped',
      'bad',
      'bad:failed wraps:upstream',
    ],
    [
      'that Promise.all swallowed is named too',
      'swallowedByAll',
      'first second',
      'first:failed second:failed join:upstream',
    ],
    [
      'of all candidates of Promise.any is theirs',
      'allOfAnyFail',
      'first second',
      'first:failed second:failed either:upstream',
    ],
    ['lets independent tasks go on', 'independentGoesOn', 'bad', 'bad:failed slow:done after-slow:done'],
    [
      'of a handle that is awaited later never sticks the workflow',
      'startNowAwaitLater',
      'bad',
      'bad:failed slow:done',
    ],
    ['of a task that was created late counts', 'lateTaskFails', 'late', 'spawner:done late:failed'],
    ['may be any error', 'plainErrorInTask', 'buggy', 'buggy:failed'],
    ['may be anything that is thrown', 'primitiveThrown', 'rude', 'rude:failed'],
    ['may be a cancellation by the task itself', 'cancelledByItsOwnCode', 'impatient', 'impatient:cancelled'],
  ];
  for (const [law, name, names, states] of FAILS) {
    it(`one ${law}`, async () => {
      const end = await ending('failureCase', name);
      assert.equal(blamed(end.failure), names);
      assert.equal(end.states, states);
    });
  }

  it('one that the body caught does not fail the run', async () => {
    const end = await ending('failureCase', 'bodyCatches');
    assert.deepEqual(end, { value: 'went on', failure: undefined, states: 'bad:failed' });
  });

  it('one that a task passed on is survived when that failure is', async () => {
    const end = await ending('failureCase', 'survivedInTurn');
    assert.deepEqual(end, {
      value: ['rejected'],
      failure: undefined,
      states: 'bad:failed middle:upstream good:done',
    });
  });
});

describe('the run fails', () => {
  it('with every task by name and first line, with details, and the first failure whole as the cause', async () => {
    const { failure } = await ending('failureCase', 'swallowedByAll');
    assert.ok(failure instanceof ApplicationFailure);
    assert.equal(failure.message, '2 of 3 tasks failed: first, second\nfirst: one\nsecond: two');
    assert.equal(failure.nonRetryable, true);
    assert.deepEqual(failure.details, [
      { task: 'first', type: 'ContainerFailed', message: 'one' },
      { task: 'second', type: 'ContainerFailed', message: 'two' },
    ]);
    assert.ok(failure.cause instanceof ActivityFailure);
    assert.equal(failure.cause.activityId, 'first-1');
    assert.equal((failure.cause.cause as ApplicationFailure).type, 'ContainerFailed');
  });

  const OWN: [law: string, name: FailureCase, type: string, message: string][] = [
    ['that it throws itself', 'bodyThrowsItsOwn', 'NoOrders', 'no orders today'],
    ['that it wraps around the failure of a task', 'bodyWrapsItsOwn', 'Nightly', 'nightly sales'],
    [
      'also a plain one, which would only make Temporal try again',
      'bodyThrowsPlainError',
      'TypeError',
      'undefined is not a function',
    ],
  ];
  for (const [law, name, type, message] of OWN) {
    it(`with the error of the body, ${law}`, async () => {
      const { failure } = await ending('failureCase', name);
      assert.deepEqual([typeOf(failure), failure?.message], [type, message]);
    });
  }

  it('only when everything has settled', async () => {
    assert.equal((await ending('failureCase', 'bodyThrowsItsOwn')).states, 'good:done');
  });
});

describe('onFailure', { concurrency: 4 }, () => {
  it('continue: every task that exists goes on', async () => {
    const end = await ending('diamond', { fails: 'orders' });
    assert.equal(end.states, 'orders:failed refunds:done ledger:upstream charts:upstream lone:done');
    assert.equal(blamed(end.failure), 'orders');
  });

  it('stop: no pod starts any more, those that run end in peace; and no catch can survive that', async () => {
    const end = await ending('onFailureCase', { onFailure: 'stop' });
    assert.equal(end.states, 'bad:failed running:done later:skipped after-later:skipped');
    assert.equal(blamed(end.failure), 'bad');
  });

  it('cancel: those that run are cancelled too; and no catch can survive that', async () => {
    const end = await ending('onFailureCase', { onFailure: 'cancel' });
    assert.equal(end.states, 'bad:failed running:cancelled later:cancelled after-later:cancelled');
    assert.equal(blamed(end.failure), 'bad');
  });

  for (const onFailure of ['stop', 'cancel'] as const) {
    it(`${onFailure}: leaves the others alone when the task may fail`, async () => {
      const end = await ending('onFailureCase', { onFailure, mayFail: true });
      assert.equal(end.states, 'bad:failed running:done later:done after-later:done');
      assert.equal(end.failure, undefined);
    });
  }
});

describe('a cancellation from outside', () => {
  it('ends the run as cancelled, when everything has settled: running, queued, waiting, and the cleanup', async () => {
    const handle = await worker.start('cancelMe');
    const deadline = Date.now() + 10_000;
    while (worker.pods(handle.workflowId).running === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await handle.cancel();
    await assert.rejects(handle.result(), (error: WorkflowFailedError) => error.cause instanceof CancelledFailure);
    const { nodes } = await handle.query(graphQuery);
    assert.equal(
      nodes.map((node) => `${node.name}:${node.state}`).join(' '),
      '(body):done running:cancelled queued:cancelled dependent:cancelled cleanup:done',
    );
    const pods = worker.pods(handle.workflowId);
    assert.deepEqual([pods.started.map(({ task }) => task), pods.running], [['running', 'cleanup', 'cleanup'], 0]);
  });
});

describe('replay', () => {
  it('every history of these tests fits the code', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
  });
});
