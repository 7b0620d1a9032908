/** `task.map`: items in chunks, each chunk a child workflow with a graph of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { CancelledFailure } from '@temporalio/common';
import { BODY, SCHEDULED_START } from '../../src/contract/index.ts';
import {
  failTask,
  graphQuery,
  type ItemsFailed,
  pausePods,
  resumePods,
  retryTask,
} from '../../src/workflows/dag/index.ts';
import { temporal, type Temporal } from '../support/temporal.ts';
import { activityIds, blamed, failureOf, nodeOf, reaches, refusalOf, statesOf, tableOf } from './support/asking.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
let server: Temporal;
const children: WorkflowHandle[] = [];
before(async () => {
  worker = await dagWorker();
  server = await temporal();
});
after(async () => {
  await worker.close();
  await server.close();
});

function chunk(run: WorkflowHandle, at: number): WorkflowHandle {
  const child = server.client.workflow.getHandle(`${run.workflowId}/load/${at}`);
  children.push(child);
  return child;
}

/** The chunk runs and has a graph. */
async function begun(run: WorkflowHandle, at: number, states: string): Promise<WorkflowHandle> {
  const child = chunk(run, at);
  await reaches(child, states);
  return child;
}

describe('task.map', { concurrency: 3 }, () => {
  it('runs every item once, in chunks, and returns the results in order', async () => {
    const run = await worker.start('mapped', { count: 200, map: { per: 50, atOnce: 2 } });
    assert.deepEqual(await run.result(), [199 * 200, 0, 2, 4]);
    assert.deepEqual(await activityIds(run), ['found-1']);
    for (const at of [0, 1, 2, 3]) {
      const ids = await activityIds(chunk(run, at));
      const expected = Array.from({ length: 50 }, (_, item) => `load-${at * 50 + item}-1`);
      assert.deepEqual(ids.sort(), expected.sort());
    }
  });

  it('is one node of the graph, with counts and the ids of its chunks, and each chunk has its graph', async () => {
    const run = await worker.start('mapped', { count: 5, map: { per: 2 } });
    await run.result();
    const { edges } = await run.query(graphQuery);
    const between = edges.filter(([, to]) => to !== BODY);
    assert.deepEqual(between, [
      ['found', 'load', 'data'],
      ['load', 'sum', 'data'],
    ]);
    const { mapped } = await nodeOf(run, 'load');
    const id = `${run.workflowId}/load`;
    assert.deepEqual(mapped, {
      items: 5,
      done: 5,
      failed: 0,
      running: 0,
      chunks: [
        { workflowId: `${id}/0`, from: 0, items: 2, state: 'done' },
        { workflowId: `${id}/1`, from: 2, items: 2, state: 'done' },
        { workflowId: `${id}/2`, from: 4, items: 1, state: 'done' },
      ],
    });
    assert.equal(await statesOf(chunk(run, 1)), 'load-2:done load-3:done');
    const { startTime } = await run.describe();
    const { typedSearchAttributes } = await chunk(run, 1).describe();
    assert.deepEqual(
      typedSearchAttributes.get(SCHEDULED_START),
      startTime,
      'a chunk is for the same moment as the whole',
    );
    const { events } = await chunk(run, 1).fetchHistory();
    const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    assert.match(String(Buffer.from(input!.data!)), /"name":"load","from":2,.*"after":\["found"\]/);
  });

  it('counts while it runs', async () => {
    const run = await worker.start('mapped', { count: 6, map: { per: 2, atOnce: 1 }, ms: 1_000 });
    await begun(run, 1, 'load-2:running load-3:running');
    const { mapped, state } = await nodeOf(run, 'load');
    assert.deepEqual([mapped?.done, mapped?.running, state], [2, 2, 'running']);
    assert.match(await tableOf(run), /\| ▶️ \| load \| found \|.*\| 2 of 6 items done, 0 failed, 2 running \|/);
    await run.result();
  });

  it('has nothing to do with no items', async () => {
    assert.deepEqual(await worker.run('mapMistake', 'empty'), []);
  });

  it('tells which items failed, when every chunk has ended', async () => {
    const run = await worker.start('mapped', { count: 7, map: { per: 2 }, fails: [1, 4, 5] });
    const failure = await failureOf(run);
    assert.match(failure.message, /^1 of 3 tasks failed: load\nload: 3 of 7 items failed: load-1, load-4, load-5$/);
    const cause = failure.cause as ApplicationFailure;
    assert.equal(cause.type, 'DagItemsFailed');
    assert.match(cause.message, /\nload-4: item 4 is broken\n/);
    const { items } = cause.details?.[0] as ItemsFailed;
    assert.deepEqual(items[0], {
      item: 1,
      type: 'ContainerFailed',
      message: 'item 1 is broken',
      workflowId: `${run.workflowId}/load/0`,
    });
    const { mapped, state } = await nodeOf(run, 'load');
    assert.deepEqual([state, mapped?.done, mapped?.failed], ['failed', 4, 3]);
  });

  it('that was held runs the failed chunks again, and no others', async () => {
    const run = await worker.start('mapped', {
      count: 6,
      map: { per: 2, hold: '1h' },
      fails: [2],
      chunk: { hold: '1h' },
    });
    const child = await begun(run, 1, 'load-2:held load-3:done');
    // In the chunk it is decided to fail, in the parent to go on; the second time the item is mended in the chunk.
    await child.executeUpdate('failTask', { args: ['load-2'] });
    await reaches(run, 'found:done load:held sum:waiting');
    assert.match(
      await refusalOf(run.executeUpdate(retryTask, { args: ['load', { spec: { fail: null } }] })),
      /^'load' is a map: the spec of its pods is changed in the workflows of its chunks$/,
    );
    await run.executeUpdate(retryTask, { args: ['load'] });
    await reaches(child, 'load-2:held load-3:done');
    await child.executeUpdate(retryTask, { args: ['load-2', { spec: { fail: null, output: 4 } }] });
    assert.deepEqual(await run.result(), [30, 0, 2, 4]);
    const { events } = await run.fetchHistory();
    const started = events?.flatMap(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId?.split('/').at(-1) ?? [],
    );
    assert.deepEqual(started, ['0', '1', '2', '1']);
  });

  it('cancelled from outside, cancels its chunks and ends after them', async () => {
    const run = await worker.start('mapped', { count: 8, map: { per: 2, atOnce: 2 }, ms: 30_000, slowCancelMs: 1_500 });
    await begun(run, 1, 'load-2:running load-3:running');
    await run.cancel();
    assert.ok((await failureOf(run)) instanceof CancelledFailure);
    const ended = (await run.describe()).closeTime!;
    for (const at of [0, 1]) {
      const { status, closeTime } = await chunk(run, at).describe();
      assert.equal(status.name, 'CANCELLED');
      assert.ok(closeTime! <= ended);
    }
    assert.deepEqual(
      (await nodeOf(run, 'load')).mapped?.chunks.map(({ state }) => state),
      ['cancelled', 'cancelled', 'waiting', 'waiting'],
    );
  });

  for (const how of ['terminate', 'cancel'] as const) {
    it(`fails with all items of a chunk that somebody ended: ${how}`, async () => {
      const run = await worker.start('mapped', { count: 4, map: { per: 2 }, ms: 3_000 });
      const child = await begun(run, 1, 'load-2:running load-3:running');
      await child[how]();
      assert.match((await failureOf(run)).message, /\nload: 2 of 4 items failed: load-2 to load-3$/);
      assert.deepEqual(await statesOf(run), 'found:done load:failed sum:upstream');
      // A terminated run is cut off anywhere: there is nothing to replay up to.
      if (how === 'terminate') children.splice(children.indexOf(child), 1);
    });
  }

  it('holds the new pods of its chunks too', async () => {
    const run = await worker.start('mapped', {
      count: 4,
      map: { per: 2, atOnce: 1 },
      ms: 500,
      chunk: { maxParallel: 1 },
    });
    const child = await begun(run, 0, 'load-0:running load-1:queued');
    await run.executeUpdate(pausePods);
    await reaches(child, 'load-0:done load-1:queued');
    assert.equal((await child.query(graphQuery)).podsPaused, true);
    await run.executeUpdate(resumePods);
    assert.deepEqual(await run.result(), [12, 0, 2, 4]);
  });

  for (const paused of [true, false])
    it(`starts no pod any more when the DAG stops${paused ? ', also while new pods are paused' : ''}`, async () => {
      const run = await worker.start('mapAndFatal', 5_000);
      const child = await begun(run, 0, 'load-0:running load-1:queued load-2:waiting');
      if (paused) await run.executeUpdate(pausePods);
      if (paused) await reaches(child, 'load-0:done load-1:queued load-2:queued');
      await reaches(run, 'load:running fatal:held');
      await run.executeUpdate(failTask, { args: ['fatal'] });
      assert.equal(await blamed(run), 'load fatal');
      assert.deepEqual(await activityIds(child), ['load-0-1']);
      assert.equal(await statesOf(child), 'load-0:done load-1:skipped load-2:skipped');
    });

  const MISTAKES: [what: string, name: Parameters<typeof mistakeOf>[0], message: RegExp][] = [
    ['a chunk that loses a result', 'shortChunk', /\/load\/0 returned 1 results for 2 items$/],
    ['a function that has no name, so is no workflow', 'nameless', /^task\.map takes an exported workflow function/],
    ['chunks of nothing', 'per', /^per is 0: it takes a whole number from 1 to 2000$/],
    ['more chunks than a history bears', 'tooMany', /1001 items are 1001 chunks, at most 1000$/],
  ];
  const mistakeOf = async (name: 'shortChunk' | 'nameless' | 'per' | 'tooMany') => {
    let error: Error | undefined = await failureOf(await worker.start('mapMistake', name));
    const messages: string[] = [];
    for (; error; error = error.cause as Error | undefined) messages.push(error.message);
    return messages;
  };
  for (const [what, name, message] of MISTAKES) {
    it(`refuses ${what}`, async () => {
      const messages = await mistakeOf(name);
      assert.ok(
        messages.some((one) => message.test(one)),
        messages.join('\n--\n'),
      );
    });
  }
});

describe('replay', () => {
  it('every history of these tests fits the code, those of the chunks too', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, [...worker.handles, ...children]), []);
  });
});
