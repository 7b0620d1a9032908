/** How many pods run at once and in which order, what a pod is called, and which programs are refused. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { graphQuery } from '../../src/workflows/dag/index.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import type { Mistake } from './support/mistake-workflows.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof WorkflowFailedError, 'the run did not fail');
  assert.ok(error.cause instanceof ApplicationFailure, String(error.cause));
  return error.cause;
}

/** From the history, in the order in which they were scheduled. */
async function activityIds(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityId ?? []);
}

describe('maxParallel', { concurrency: 4 }, () => {
  for (const maxParallel of [1, 3, 7]) {
    it(`${maxParallel}: never more pods at once, in layers that wait for each other`, async () => {
      const handle = await worker.start('layers', { sizes: [4, 8, 1, 8], maxParallel, ms: 10 });
      assert.equal(await handle.result(), 8);
      const pods = worker.pods(handle.workflowId);
      assert.equal(pods.started.length, 21);
      assert.ok(pods.mostRunning <= maxParallel, `${pods.mostRunning} at once`);
    });
  }

  it('1: a diamond does not wait for itself', async () => {
    assert.deepEqual(await worker.run('diamond', { maxParallel: 1 }), [['orders', 'refunds'], 'orders']);
  });

  it('1: tasks that wait in a way nobody can see do not keep others from starting', async () => {
    assert.equal(await worker.run('unseenWaitWithOneSlot'), 'no deadlock');
  });

  it('is used in full', async () => {
    const handle = await worker.start('layers', { sizes: [12], maxParallel: 4, ms: 300 });
    await handle.result();
    assert.equal(worker.pods(handle.workflowId).mostRunning, 4);
  });

  it('lets a task that is cancelled go from the queue at once', async () => {
    const handle = await worker.start('givesUpInTheQueue');
    await handle.result();
    const { nodes } = await handle.query(graphQuery);
    const [holds, givesUp] = nodes.slice(1);
    assert.deepEqual([holds?.state, givesUp?.state, givesUp?.pods], ['done', 'cancelled', []]);
    assert.ok(givesUp!.endedAt! < holds!.endedAt!);
  });

  it('gives the slot to the highest priority', async () => {
    const handle = await worker.start('priorities');
    await handle.result();
    const order = worker.pods(handle.workflowId).started.map(({ task }) => task);
    assert.deepEqual(order, ['p9', 'p8', 'p7', 'p6', 'p5', 'p4', 'p3', 'p2', 'p1', 'p0']);
  });

  it('gives it to the highest priority of those that are there, whoever came first', async () => {
    const handle = await worker.start('overtakes');
    await handle.result();
    const order = worker.pods(handle.workflowId).started.map(({ task }) => task);
    assert.deepEqual(order, ['holds', 'high', 'low-1', 'low-2']);
  });
});

describe('an activityId', { concurrency: 4 }, () => {
  it('numbers the pods of a task through', async () => {
    const handle = await worker.start('severalPodsInOneTask');
    await handle.result();
    assert.deepEqual(await activityIds(handle), ['several-1', 'several-2', 'several-3']);
    const { nodes } = await handle.query(graphQuery);
    assert.deepEqual(nodes[1]?.pods, ['several-1', 'several-2', 'several-3']);
  });

  it('names the task whose code starts the pod, in a callback too', async () => {
    const handle = await worker.start('podsInCallbacks');
    await handle.result();
    assert.deepEqual(await activityIds(handle), ['a-1', 'b-1', 'pod-1']);
  });

  it('in the body is `pod` and a number', async () => {
    const handle = await worker.start('podsInTheBody');
    await handle.result();
    assert.deepEqual(await activityIds(handle), ['pod-1', 'a-1', 'pod-2']);
    const told = worker.pods(handle.workflowId).started.map(({ task, after: sources }) => [task, ...sources]);
    assert.deepEqual(told, [['pod'], ['a'], ['pod', 'a']]);
  });

  it('outside of a DAG is counted for each workflow by itself, though they share an isolate', async () => {
    const handles = await Promise.all(Array.from({ length: 5 }, () => worker.start('podsWithoutDag')));
    await Promise.all(handles.map((handle) => handle.result()));
    for (const handle of handles) assert.deepEqual(await activityIds(handle), ['pod-1', 'pod-2', 'pod-3']);
    const slot = await worker.run('slotWithoutDag');
    assert.deepEqual(slot, { task: 'pod', ids: ['pod-1', 'pod-2'], after: [] });
  });
});

describe('a mistake in the program', { concurrency: 4 }, () => {
  const REFUSED: [what: string, name: Mistake, type: string, message: RegExp][] = [
    ['two tasks of one name', 'sameNameTwice', 'DagDuplicate', /^two tasks are called 'x'$/],
    [
      'the same, though the task that did it was caught',
      'sameNameInATask',
      'DagDuplicate',
      /^two tasks are called 'x'$/,
    ],
    [
      'a name that no pod could have',
      'badName',
      'DagName',
      /^"no spaces, please" cannot be the name of a task: 1 to 63/,
    ],
    ['an empty name', 'emptyName', 'DagName', /^"" cannot be/],
    ['a name of 64 characters', 'longName', 'DagName', /^"n{64}" cannot be/],
    ['the name of pods outside of tasks', 'reservedName', 'DagName', /^'pod' is what pods outside of tasks are called/],
    ['more than 2,000 tasks', 'tooMany', 'DagTooLarge', /^a DAG has at most 2000 tasks: task.map runs chunks of items/],
  ];
  for (const [what, name, type, message] of REFUSED) {
    it(`is refused before any pod starts: ${what}`, async () => {
      const handle = await worker.start('mistake', name);
      const failure = await failureOf(handle);
      assert.equal(failure.type, type);
      assert.match(failure.message, message);
      assert.deepEqual(await activityIds(handle), []);
    });
  }

  const FOUND: [what: string, name: Mistake, message: RegExp][] = [
    ['a task that waits for itself', 'selfWait', /\na: tasks wait for each other: a → a$/],
    ['tasks that wait for each other', 'cycle', /\na: tasks wait for each other: a → c → b → a$/],
    [
      'a parent that waits for a child that waits for it',
      'parentAndChild',
      /\nchild: tasks wait for each other: child → parent → child$/,
    ],
    ['a handle in JSON', 'inJson', /\nb: task 'a' was used as a value: await it first$/],
    ['a handle in a string', 'inTemplate', /\nb: task 'a' was used as a value: await it first$/],
    ['a dag in a dag', 'nestedDag', /\ninner: a workflow holds one dag\(\)/],
  ];
  for (const [what, name, message] of FOUND) {
    it(`is a failure that names it: ${what}`, async () => {
      const failure = await failureOf(await worker.start('mistake', name));
      assert.match(failure.message, message);
    });
  }

  it('is a maxParallel that lets nothing start', async () => {
    const failure = await failureOf(await worker.start('diamond', { maxParallel: 0 }));
    assert.deepEqual(
      [failure.type, failure.message],
      ['DagMisuse', 'maxParallel is 0: it takes a whole number from 1'],
    );
  });

  it('is a second dag in one workflow', async () => {
    const failure = await failureOf(await worker.start('twoDags'));
    assert.equal(failure.type, 'DagOnlyOnce');
  });

  it('is not a child that waits for its parent', async () => {
    assert.equal(await worker.run('childAwaitsParent'), 'parent');
  });
});

describe('size', () => {
  it('2,000 tasks may all go on at once: an activation has 5 s', async () => {
    const handle = await worker.start('wide', 2000);
    assert.equal(await handle.result(), 1998);
    const { events } = await handle.fetchHistory();
    const failed = events?.filter(
      (event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes,
    );
    assert.deepEqual(failed, []);
    const { nodes, edges } = await handle.query(graphQuery);
    assert.deepEqual([nodes.length, edges.length], [2001, 2 * 1998 + 1]);
  });
});

describe('replay', () => {
  it('every history of these tests fits the code', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
  });
});
