/** What can be asked of a run while it runs, and the rerun of one that has ended: as a process, with pretended pods. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { type PodResult, SCHEDULED_START } from '../../../src/contract/index.ts';
import { graphQuery } from '../../../src/workflows/dag/index.ts';
import { nodeOf, reaches } from '../../workflows/support/asking.ts';
import { stubWorker, type StubWorker } from '../stub-worker.ts';

const BROKEN = { image: 'x', env: { EXIT: '3', OUTPUT: 'loaded' } };

suite('controls', { concurrency: 3, timeout: 300_000 }, () => {
  let stub: StubWorker;
  before(async () => (stub = await stubWorker('./held-workflows.ts')));
  after(() => stub.close());

  const handle = (id: string) => stub.temporal.client.workflow.getHandle(id);
  const idOf = (name: string) => `${stub.taskQueue}-${name}`;
  /** stdout of a command that ends with 0. */
  const says = async (...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.equal(code, 0, err);
    return out.trim();
  };
  /** stderr of a command that ends with this, and puts nothing on stdout. */
  const refused = async (exitCode: number, ...args: string[]) => {
    const { code, out, err } = await stub.client(args).ended;
    assert.equal(code, exitCode, out + err);
    assert.equal(out, '');
    assert.doesNotMatch(err, /^\s+at /m);
    return err;
  };
  const start = async (name: string, input: object, taskQueue = stub.taskQueue) => {
    const workflowId = idOf(name);
    await stub.temporal.client.workflow.start('heldDag', { workflowId, taskQueue, args: [input] });
    return workflowId;
  };
  const held = async (name: string, more = {}) => {
    const id = await start(name, { load: BROKEN, ...more });
    await reaches(handle(id), 'load:held long:done report:waiting');
    return id;
  };
  const running = async (name: string) => {
    const id = await start(name, { load: { image: 'x' }, longMs: '600000' });
    await reaches(handle(id), 'load:done long:running report:done');
    return id;
  };
  const ended = (id: string) =>
    handle(id)
      .result()
      .catch(() => undefined);

  test('retry calls a held task again, with a changed spec', async () => {
    const id = await held('retry');
    assert.equal(await says('retry', id, 'load'), "'load' is called again");
    await reaches(handle(id), 'load:held long:done report:waiting');
    assert.equal(await says('retry', id, 'load', '--spec', 'env.EXIT=0'), "'load' is called again; changed: env");
    assert.equal(await handle(id).result(), 'loaded');
    assert.equal((await nodeOf(handle(id), 'load')).tries, 3);
  });

  test('skip goes on with a value, or without', async () => {
    const id = await held('skip');
    const value = JSON.stringify({ output: 'by hand' });
    assert.equal(await says('skip', id, 'load', '--value', value), "'load' is skipped, and has this value");
    assert.equal(await handle(id).result(), 'by hand');
    const other = await held('skip-none');
    assert.equal(await says('skip', other, 'load'), "'load' is skipped, and so is every task that needs its value");
    await assert.rejects(handle(other).result());
  });

  test('fail and extend', async () => {
    const id = await held('fail');
    const { heldUntil } = await nodeOf(handle(id), 'load');
    const until = new Date(heldUntil! + 7_200_000).toISOString().slice(0, 19);
    assert.equal(await says('extend', id, 'load', '--by', '2h'), `'load' is held until ${until}Z`);
    assert.equal(await says('fail', id, 'load'), "'load' has failed");
    await assert.rejects(handle(id).result());
  });

  test('pause and resume: of new pods; end-debug: of a failed one', async () => {
    const id = await running('pause');
    assert.equal(await says('pause', id), `no new pod of ${id} starts, until resume ${id}`);
    assert.equal((await handle(id).query(graphQuery)).podsPaused, true);
    assert.equal(await says('resume', id), `new pods of ${id} start again`);
    assert.match(await refused(2, 'resume', id), /^temporal-pods: new pods are not paused\n$/);
    assert.match(await refused(2, 'end-debug', id, 'laod'), /no task 'laod'; did you mean 'load'\?/);
    assert.equal(await says('end-debug', id, 'load'), "'load' goes on, if its failed pod is kept for debugging");
    assert.equal(await says('end-debug', id), 'every task goes on whose failed pod is kept for debugging');
    await handle(id).cancel();
    await ended(id);
  });

  test('cancel: one task, and the whole run, to its end', async () => {
    const id = await running('cancel');
    assert.match(await says('cancel', id, 'long'), /^'long' is asked to stop; it may yet end by itself/);
    await ended(id);
    assert.equal((await nodeOf(handle(id), 'long')).state, 'cancelled');
    const whole = await running('cancel-whole');
    assert.equal(await says('cancel', whole, '--wait'), `cancelled: ${whole}`);
    assert.equal((await handle(whole).describe()).status.name, 'CANCELLED');
    const asked = await running('cancel-asked');
    assert.equal(await says('cancel', asked), `${asked} is asked to stop`);
    await ended(asked);
  });

  test('a refusal is the words of the workflow', async () => {
    const id = await running('refused');
    assert.match(await refused(2, 'retry', id, 'load'), /^temporal-pods: 'load' is done, not held\n$/);
    assert.match(await refused(2, 'skip', id, 'lod'), /there is no task 'lod'; did you mean 'load'\?/);
    assert.match(await refused(2, 'extend', id, 'long', '--by', '1h'), /Kubernetes .*retry it with longer timeouts/);
    await handle(id).cancel();
    await ended(id);
    const again = new RegExp(`it is cancelled. Nothing was changed\\n.*npm run client -- rerun ${id}\\n`);
    for (const call of [
      ['retry', id, 'load'],
      ['cancel', id],
      ['pause', id],
      ['end-debug', id, 'load'],
    ])
      assert.match(await refused(2, ...call), again);
    assert.match(await refused(2, 'retry', `${id}x`, 'load'), /there is no run '.*x' in namespace/);
  });

  test('no worker: it is said, with what to do, instead of waiting for ever', async () => {
    const id = await start('nobody', { load: BROKEN }, `${stub.taskQueue}-none`);
    const err = await refused(3, 'retry', id, 'load');
    assert.match(
      err,
      /has not answered within 15 s: no worker polls task queue '.*-none'; start one with `npm run worker`/,
    );
    await handle(id).terminate();
  });

  test('a workflow that has no DAG says that it cannot', async () => {
    const workflowId = idOf('plain');
    await stub.temporal.client.workflow.start('noDag', { workflowId, taskQueue: stub.taskQueue });
    assert.match(await refused(2, 'pause', workflowId), /the workflow 'noDag' cannot do this: .*pausePods/);
    await handle(workflowId).terminate();
  });

  suite('rerun', () => {
    test('starts a new run that takes over what is done, and says of what', async () => {
      const id = idOf('first');
      await says('start', 'pod', JSON.stringify({ image: 'x', args: ['line'], env: { OUTPUT: 'y' } }), '--id', id);
      await handle(id).result();
      const { runId, startTime } = await handle(id).describe();
      const again = await says('rerun', id);
      const result = (await handle(again).result()) as PodResult;
      assert.deepEqual([result.output, result.reused], ['y', { workflowId: id, runId }]);
      const { memo, raw, typedSearchAttributes } = await handle(again).describe();
      assert.deepEqual(typedSearchAttributes.get(SCHEDULED_START), startTime);
      assert.deepEqual(memo, { rerunOf: { workflowId: id, runId } });
      const { summary } = raw.executionConfig?.userMetadata ?? {};
      assert.match(String(defaultPayloadConverter.fromPayload(summary!)), new RegExp(`^pod, rerun of \`${id}\`$`));
      // And of this one, staying with it.
      const follow = await stub.client(['rerun', again, '--follow', '--id', `${again}-2`, '-o', 'json']).ended;
      assert.match(follow.err, new RegExp(`^main: done already, in ${id}$`, 'm'));
      assert.doesNotMatch(follow.err, /its log/);
      const second = await handle(`${again}-2`).describe();
      assert.deepEqual(second.typedSearchAttributes.get(SCHEDULED_START), startTime);
      assert.deepEqual((JSON.parse(follow.out) as PodResult).reused, { workflowId: id, runId });
    });

    test('of the run that is meant, when there are several of its id', async () => {
      const id = idOf('several');
      const runIds: string[] = [];
      for (const output of ['one', 'two']) {
        await says('start', 'pod', JSON.stringify({ image: 'x', env: { OUTPUT: output } }), '--id', id);
        await handle(id).result();
        runIds.push((await handle(id).describe()).runId);
      }
      const again = await says('rerun', id, '--run', runIds[0]!);
      assert.equal(((await handle(again).result()) as PodResult).output, 'one');
    });

    test('of a run that runs, under the same id, or of none is refused', async () => {
      const id = idOf('runs');
      await says('start', 'pod', JSON.stringify({ image: 'x', env: { MS: '600000' } }), '--id', id);
      assert.match(await refused(2, 'rerun', id), /still runs: .*\n.*retry .* <task>; to end it: cancel .* --wait/);
      assert.match(await refused(2, 'rerun', id, '--id', id), /--id: '.*-runs' is the earlier run/);
      assert.match(await refused(2, 'rerun', `${id}x`), /there is no run/);
      await handle(id).cancel();
      await ended(id);
    });
  });
});
