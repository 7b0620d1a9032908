/** A rerun takes over what an earlier run has done, exactly as far as nothing that led there has changed. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { retryTask } from '../../src/workflows/dag/index.ts';
import { temporal, type Temporal } from '../support/temporal.ts';
import { reaches, statesOf, tableOf } from './support/asking.ts';
import { dagWorker, type DagWorker } from './support/dag-worker.ts';
import { inputsOf, resultsOf } from './support/pod-events.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
let server: Temporal;
const chunks: WorkflowHandle[] = [];
before(async () => {
  worker = await dagWorker();
  server = await temporal();
});
after(async () => {
  await worker.close();
  await server.close();
});

const ended = (run: WorkflowHandle) => run.result().catch(() => undefined);
/** Tasks whose pods really ran, in alphabetical order. */
const ran = ({ workflowId }: WorkflowHandle) =>
  worker
    .pods(workflowId)
    .started.map(({ task }) => task)
    .sort()
    .join(' ');

/** A run in which these tasks failed; whatever broke them is mended when this returns. */
async function failedIn<N extends 'books' | 'calls' | 'mapReport' | 'inOrder' | 'parents' | 'triesAndThrows'>(
  name: N,
  tasks: readonly string[],
  more: object = {},
) {
  const input = { key: randomUUID(), ...more };
  const broken = tasks.map((task) => `${input.key} ${task}`);
  for (const one of broken) worker.broken.add(one);
  const run = await worker.start(name, ...([input] as never));
  await ended(run);
  for (const one of broken) worker.broken.delete(one);
  const rerun = async (changed: object = {}, of: WorkflowHandle = run) => {
    const again = await worker.rerun(name, of, ...([{ ...input, ...changed }] as never));
    await again.result();
    return again as WorkflowHandle;
  };
  return { run: run as WorkflowHandle, rerun, input };
}

describe('a rerun', { concurrency: 4 }, () => {
  it('runs only what failed, and what comes after it, when nothing has changed', async () => {
    const { run, rerun } = await failedIn('books', ['ledger']);
    assert.equal(ran(run), 'audit ledger orders refunds');
    const again = await rerun();
    assert.equal(ran(again), 'last ledger');
    assert.equal(await statesOf(again), 'orders:reused refunds:reused ledger:done audit:reused summed:done last:done');
    assert.match(await tableOf(again), /^3 reused, 3 done of 6\n[^]*\| ♻️ \| orders \|.*\| reused \|\n/);
    assert.equal(await again.result(), 'last of or');
  });

  it('of a run in which all went well runs no pod, and every result says where it is from', async () => {
    const { run, rerun } = await failedIn('books', []);
    const again = await rerun();
    assert.equal(ran(again), '');
    assert.equal(
      await statesOf(again),
      'orders:reused refunds:reused ledger:reused audit:reused summed:done last:reused',
    );
    const from = { workflowId: run.workflowId, runId: (await run.describe()).runId };
    const results = await resultsOf(again);
    assert.equal(results.length, 5);
    for (const { reused } of results) assert.deepEqual(reused, from);
  });

  it('runs what comes after a change again, though its spec is the same', async () => {
    const { rerun } = await failedIn('books', ['last']);
    assert.equal(ran(await rerun({ orders: 'O' })), 'audit last ledger orders');
  });

  it('runs what comes after a pod that ran again, though it came to the same', async () => {
    const { rerun } = await failedIn('books', ['orders', 'last']);
    assert.equal(ran(await rerun()), 'audit last ledger orders');
  });

  it('takes over what went well after a retry with a changed spec', async () => {
    const { key, run } = await held();
    await run.executeUpdate(retryTask, { args: ['ledger', { spec: { resources: { limits: { memory: '2Gi' } } } }] });
    await run.result();
    worker.broken.delete(`${key} ledger`);
    const again = await worker.rerun('books', run, { key });
    assert.equal(await again.result(), 'last of or');
    assert.equal(ran(again), '');
  });

  it('runs a pod whose spec somebody changes', async () => {
    const { key, run } = await held();
    await run.cancel();
    await ended(run);
    const again = await worker.rerun('books', run, { key, hold: '1h' });
    await reaches(again, HELD.replaceAll('done', 'reused'));
    await again.executeUpdate(retryTask, { args: ['ledger', { spec: { resources: { limits: { memory: '2Gi' } } } }] });
    await again.result();
    assert.equal(ran(again), 'last ledger ledger');
    worker.broken.delete(`${key} ledger`);
  });

  const HELD = 'orders:done refunds:done ledger:held audit:done summed:waiting last:waiting';
  async function held() {
    const key = randomUUID();
    worker.broken.add(`${key} ledger`);
    const run = await worker.start('books', { key, hold: '1h' });
    await reaches(run, HELD);
    return { key, run };
  }

  it('calls a pod of a held task again as somebody wants it, and as it was when nobody wants it otherwise', async () => {
    const { run, input } = await failedIn('triesAndThrows', []);
    const again = await worker.rerun('triesAndThrows', run, { ...input, throws: true, hold: '1h' });
    await reaches(again, 'tries:reused throws:held');
    await again.executeUpdate(retryTask, { args: ['throws'] });
    await reaches(again, 'tries:reused throws:held');
    assert.equal(ran(again), '');
    await again.executeUpdate(retryTask, { args: ['throws', { spec: { args: ['otherwise'] } }] });
    await worker.started(again, 'throws', 1);
    await again.cancel();
    await ended(again);
  });

  it('looks once for each call, not for each try of it', async () => {
    const { run, input } = await failedIn('triesAndThrows', ['tries']);
    worker.broken.add(`${input.key} tries`);
    const again = await worker.rerun('triesAndThrows', run, input);
    await ended(again);
    const tries = (await inputsOf(again)).filter(({ task }) => task === 'tries');
    assert.deepEqual(
      tries.map(({ earlier }) => earlier?.workflowId),
      [run.workflowId, undefined],
    );
  });

  it('counts what the body had awaited when it created a task', async () => {
    const { rerun } = await failedIn('inOrder', []);
    assert.equal(ran(await rerun({ first: 'F' })), 'after first');
    assert.equal(ran(await rerun()), '');
  });

  it('counts what a task had done when it created another one', async () => {
    const { rerun } = await failedIn('parents', []);
    assert.equal(ran(await rerun({ own: 'O' })), 'late parent');
    assert.equal(ran(await rerun()), '');
  });

  it('compares call by call, and runs those that come after one that ran', async () => {
    const { rerun } = await failedIn('calls', []);
    const again = await rerun({ second: 'S' });
    assert.equal(ran(again), 'three three');
    assert.equal(await statesOf(again), 'three:done two:reused');
    assert.equal(ran(await rerun({ maxParallel: 1 })), '');
  });

  it('of a rerun takes over what either run has done, and names the one where the pod ran', async () => {
    const { run, rerun } = await failedIn('books', ['ledger']);
    const second = await rerun();
    const third = await rerun({}, second);
    assert.equal(ran(third), '');
    const from = (await resultsOf(third)).map(({ pod, reused }) => `${pod.name} ${reused?.workflowId}`);
    assert.deepEqual(from.sort(), [
      `audit-1 ${run.workflowId}`,
      `last-1 ${second.workflowId}`,
      `ledger-1 ${second.workflowId}`,
      `orders-1 ${run.workflowId}`,
      `refunds-1 ${run.workflowId}`,
    ]);
  });

  it('of a run that Temporal does not know any more runs everything', async () => {
    const unknown = { workflowId: 'nowhere', runId: randomUUID() };
    const again = await worker.rerun('books', unknown, { key: randomUUID() });
    await again.result();
    assert.equal(ran(again), 'audit last ledger orders refunds');
  });
});

describe('a rerun of a map', { concurrency: 2 }, () => {
  const chunk = (run: WorkflowHandle, at: number) => {
    const handle = server.client.workflow.getHandle(`${run.workflowId}/load/${at}`);
    chunks.push(handle);
    return handle;
  };

  it('runs only the items that failed, and what comes after the map', async () => {
    const { rerun } = await failedIn('mapReport', ['load-2']);
    const again = await rerun();
    assert.equal(ran(again), 'last report');
    assert.equal(await statesOf(again), 'found:reused load:done report:done last:done');
    assert.equal(ran(chunk(again, 0)), '');
    assert.equal(ran(chunk(again, 1)), 'load-2');
    assert.equal(await statesOf(chunk(again, 1)), 'load-2:done load-3:reused');
  });

  it('of which every item is done runs only what comes after it and failed', async () => {
    const { rerun } = await failedIn('mapReport', ['last']);
    const again = await rerun();
    assert.equal(ran(again), 'last');
    assert.equal(await statesOf(again), 'found:reused load:reused report:reused last:done');
    assert.equal(ran(await rerun({}, again)), '');
  });

  it('whose items may be others by now runs all of them', async () => {
    const { rerun } = await failedIn('mapReport', []);
    const again = await rerun({ found: 'a b c e' });
    assert.equal(ran(again), 'found last report');
    assert.equal(ran(chunk(again, 0)), 'load-0 load-1');
  });
});

describe('the input of a pod', () => {
  it('tells its place in the graph, and what was asked for', async () => {
    const { run } = await failedIn('parents', []);
    const inputs = await inputsOf(run);
    const place = (name: string) => {
      const { spec: _, ...input } = inputs.find(({ task }) => task === name)!;
      return input;
    };
    assert.deepEqual(place('late'), { task: 'late', after: [], parent: 'parent', call: 1, try: 1, removal: 'beside' });
    const ordered = await failedIn('inOrder', []);
    const last = (await inputsOf(ordered.run)).find(({ task }) => task === 'after');
    assert.deepEqual(last?.order, ['first']);
  });
});

describe('replay', () => {
  it('every history of these tests fits the code', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, [...worker.handles, ...chunks]), []);
  });
});
