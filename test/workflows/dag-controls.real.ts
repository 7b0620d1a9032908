/** What can be asked of a DAG while it runs, what becomes of it, and what is refused with which reason. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  type PodResult,
  type PodSpec,
  TASKS_WITHOUT_PODS_MEMO,
  type TasksWithoutPods,
} from '../../src/contract/index.ts';
import {
  cancelTask,
  extendHold,
  failTask,
  graphQuery,
  pausePods,
  resumePods,
  retryTask,
  skipTask,
} from '../../src/workflows/dag/index.ts';
import { activityIds, blamed, failureOf, nodeOf, reaches, refusalOf, statesOf, tableOf } from './support/asking.ts';
import { dagWorker, type DagWorker, type Workflows } from './support/dag-worker.ts';
import { replayProblems } from './support/replay.ts';

let worker: DagWorker;
before(async () => (worker = await dagWorker()));
after(() => worker.close());

const HELD = 'bad:held needs:waiting catches:waiting settled:waiting lone:done';
const MENDED = { spec: { fail: null, output: 'mended' } };

async function held() {
  const run = await worker.start('controlled', { hold: '1h' });
  await reaches(run, HELD);
  return run;
}

describe('a held task', { concurrency: 4 }, () => {
  it('keeps whoever awaits it, catches it or listens waiting; the others go on', async () => {
    const run = await held();
    const { heldUntil, error } = await nodeOf(run, 'bad');
    assert.ok(heldUntil! > Date.now() + 3_000_000 && heldUntil! < Date.now() + 3_600_000, String(heldUntil));
    assert.equal(error, 'exit code 1');
    const table = await tableOf(run);
    assert.match(table, /^1 done, 3 waiting, 1 held of 5\n/);
    assert.match(table, /\| ⏸️ \| bad \|.*\| held until 20\d\d-\d\d-\d\dT\d\d:\d\dZ: exit code 1 \|/);
    await run.executeUpdate(failTask, { args: ['bad'] });
    await run.result().catch(() => undefined);
  });

  it('is called again by retryTask, with a changed spec, as though nothing had failed', async () => {
    const run = await held();
    await run.executeUpdate(retryTask, { args: ['bad', MENDED] });
    assert.deepEqual(await run.result(), ['mended', 'mended', ['fulfilled']]);
    assert.equal(await statesOf(run), 'bad:done needs:done catches:done settled:done lone:done');
    const { pods, changed } = await nodeOf(run, 'bad');
    assert.deepEqual([pods, changed], [['bad-1', 'bad-2'], MENDED.spec]);
    assert.match(await tableOf(run), /\| ✅ \| bad \|.*\| done \(changed: fail, output\) \|/);
  });

  it('that fails again is held again, and a later change is laid over the earlier one', async () => {
    const run = await held();
    await run.executeUpdate(retryTask, { args: ['bad', { spec: { output: 'mended' } }] });
    await worker.started(run, 'bad', 2);
    await reaches(run, HELD);
    await run.executeUpdate(retryTask, { args: ['bad', { spec: { fail: null } }] });
    assert.deepEqual(await run.result(), ['mended', 'mended', ['fulfilled']]);
    assert.deepEqual((await nodeOf(run, 'bad')).changed, { output: 'mended', fail: null });
  });

  it('with a pod gets more memory by retryTask; its result and its history say so', async () => {
    const run = await worker.start('outOfMemory');
    await reaches(run, 'hungry:held');
    const spec = { resources: { limits: { memory: '2Gi' } } };
    await run.executeUpdate(retryTask, { args: ['hungry', { spec }] });
    const { changed, output } = (await run.result()) as PodResult<PodSpec>;
    assert.deepEqual(changed, spec);
    assert.deepEqual(output, { image: 'etl:3', resources: { limits: { cpu: '1', memory: '2Gi' } } });
  });

  it('with the value of skipTask goes on with it, null too', async () => {
    const run = await held();
    await run.executeUpdate(skipTask, { args: ['bad', { value: { output: null } }] });
    assert.deepEqual(await run.result(), [null, null, ['fulfilled']]);
    assert.equal(await statesOf(run), 'bad:skipped needs:done catches:done settled:done lone:done');
  });

  it('that is skipped with a value has gone on: the failure that it caught is survived', async () => {
    const run = await worker.start('catcherFails');
    await reaches(run, 'bad:failed catcher:held');
    await run.executeUpdate(skipTask, { args: ['catcher', { value: 'good enough' }] });
    await run.result();
  });

  it('that is skipped without a value skips those who need one', async () => {
    const run = await held();
    await run.executeUpdate(skipTask, { args: ['bad'] });
    const failure = await failureOf(run);
    assert.ok(failure instanceof ApplicationFailure);
    assert.deepEqual([failure.type, failure.message], ['DagSkipped', "'bad' was skipped"]);
    assert.equal(await statesOf(run), 'bad:skipped needs:skipped catches:done settled:done lone:done');
  });

  it('fails at once by failTask', async () => {
    const run = await held();
    await run.executeUpdate(failTask, { args: ['bad'] });
    assert.equal(await blamed(run), 'bad');
    assert.equal(await statesOf(run), 'bad:failed needs:upstream catches:done settled:done lone:done');
  });

  it('fails by itself when its time is over', async () => {
    const run = await worker.start('controlled', { hold: 300 });
    assert.equal(await blamed(run), 'bad');
    assert.deepEqual(await activityIds(run), ['bad-1', 'lone-1']);
  });

  it('is cancelled by a cancellation from outside, which ends the run as cancelled', async () => {
    const run = await held();
    await run.cancel();
    assert.ok((await failureOf(run)) instanceof CancelledFailure);
    assert.match(await statesOf(run), /^bad:cancelled needs:cancelled /);
  });

  it('is decided only once', async () => {
    const run = await held();
    const decisions = ['one', 'two', 'three'].map((value) =>
      run.executeUpdate(skipTask, { args: ['bad', { value: { output: value } }] }),
    );
    const made = (await Promise.allSettled(decisions)).filter(({ status }) => status === 'fulfilled');
    assert.equal(made.length, 1);
    await run.result();
  });

  it('is not called again while pods of it run', async () => {
    const run = await worker.start('endsBeforeItsPods', { where: 'task', hold: '1h' });
    await reaches(run, 'task:held');
    await run.executeUpdate(retryTask, { args: ['task', MENDED] });
    await run.result();
    assert.deepEqual([worker.pods(run.workflowId).mostRunning, (await activityIds(run)).length], [2, 4]);
  });
});

describe('extendHold', { concurrency: 4 }, () => {
  it('moves the end of the hold, more than once, and says until when', async () => {
    const run = await held();
    const { heldUntil } = await nodeOf(run, 'bad');
    const first = await run.executeUpdate(extendHold, { args: ['bad', { by: '2h' }] });
    const second = await run.executeUpdate(extendHold, { args: ['bad', { by: 1_000 }] });
    assert.deepEqual([first, second], [heldUntil! + 7_200_000, heldUntil! + 7_201_000]);
    assert.equal((await nodeOf(run, 'bad')).heldUntil, second);
    assert.match(await tableOf(run), new RegExp(`held until ${new Date(second).toISOString().slice(0, 16)}Z`));
    await run.executeUpdate(retryTask, { args: ['bad', MENDED] });
    await run.result();
  });

  it('keeps a task held beyond its first end, and lets it fail at its new one', async () => {
    const run = await worker.start('controlled', { hold: '5s' });
    await reaches(run, HELD);
    const until = await run.executeUpdate(extendHold, { args: ['bad', { by: 1_500 }] });
    assert.equal(await blamed(run), 'bad');
    const { endedAt } = await nodeOf(run, 'bad');
    assert.ok(endedAt! >= until, `${endedAt} ${until}`);
  });

  it('is refused with the reason', async () => {
    const run = await worker.start('assortment');
    await reaches(run, 'done:done failed:failed upstream:upstream held:held');
    const refused = (...args: unknown[]) => refusalOf(run.executeUpdate('extendHold', { args: args as [] }));
    assert.equal(await refused('done', { by: '1h' }), "'done' is done, not held");
    assert.match(await refused('failed', { by: '1h' }), /^'failed' is failed, and is not held: .*rerun/);
    const by = 'by: must be a length of time above 0 (30m, 2h), got ';
    assert.equal(await refused('held', { by: 'soon' }), `${by}"soon"`);
    assert.equal(await refused('held', { by: 0 }), `${by}0`);
    assert.equal(await refused('held'), `${by}undefined`);
    assert.equal(await refused('held', { until: '1h' }), 'unknown: until; the second argument is { by }');
    await run.executeUpdate(failTask, { args: ['held'] });
    await reaches(
      run,
      'done:done failed:failed upstream:upstream held:failed running:running queued:queued waiting:waiting',
    );
    assert.match(
      await refused('running', { by: '1h' }),
      /^'running' is running, not held: Kubernetes lets the deadline .* retry it with longer timeouts$/,
    );
    await run.cancel();
    await run.result().catch(() => undefined);
  });
});

describe('the memo of a run that has ended', () => {
  const memoOf = async (run: WorkflowHandle) =>
    (await run.describe()).memo?.[TASKS_WITHOUT_PODS_MEMO] as TasksWithoutPods | undefined;

  it('tells of the tasks that never came to a pod, and what they waited for', async () => {
    const run = await held();
    assert.equal(await memoOf(run), undefined);
    await run.executeUpdate(failTask, { args: ['bad'] });
    await failureOf(run);
    const { nodes, edges } = (await memoOf(run))!;
    const graph = await run.query(graphQuery);
    assert.deepEqual(
      nodes,
      graph.nodes.filter(({ name }) => ['needs', 'catches', 'settled'].includes(name)),
    );
    assert.deepEqual(edges, [
      ['bad', 'needs', 'data'],
      ['bad', 'catches', 'data'],
      ['bad', 'settled', 'data'],
    ]);
  });

  it('has nothing to tell when each task had a pod', async () => {
    const run = await worker.start('diamond', {});
    await run.result();
    assert.equal(await memoOf(run), undefined);
  });
});

describe('who is held', { concurrency: 4 }, () => {
  const NOT_HELD: [who: string, options: Parameters<Workflows['controlled']>[0]][] = [
    ['nobody, unless it is asked for', {}],
    ['no task with hold: false', { hold: '1h', bad: { hold: false } }],
    ['no task that may fail', { hold: '1h', bad: { mayFail: true } }],
  ];
  for (const [who, options] of NOT_HELD) {
    it(who, async () => {
      const run = await worker.start('controlled', options);
      assert.equal(await blamed(run), 'bad');
    });
  }

  it('a task that asks for it by itself', async () => {
    const run = await worker.start('controlled', { bad: { hold: '1h', mayFail: true } });
    await reaches(run, HELD);
    await run.executeUpdate(retryTask, { args: ['bad', MENDED] });
    await run.result();
  });

  it('nobody for a length that is none: the program is refused', async () => {
    for (const options of [{ hold: '5 bananas' }, { bad: { hold: '5 bananas' } }]) {
      const failure = await failureOf(await worker.start('controlled', options));
      assert.equal(failure.message, 'hold: not a length of time: "5 bananas"');
    }
  });
});

describe('onFailure and a held task', { concurrency: 4 }, () => {
  it('counts a failure only after the decision', async () => {
    const run = await worker.start('controlled', { hold: '1h', onFailure: 'cancel' });
    await reaches(run, HELD);
    await run.executeUpdate(failTask, { args: ['bad'] });
    assert.equal(await blamed(run), 'bad');
    const again = await worker.start('controlled', { hold: '1h', onFailure: 'stop' });
    await reaches(again, HELD);
    await again.executeUpdate(retryTask, { args: ['bad', MENDED] });
    await again.result();
  });

  it('stop: those that are held fail too, as nothing could be done about them any more', async () => {
    const run = await worker.start('twoHeldOneStops', 'stop');
    assert.equal(await blamed(run), 'final');
    assert.equal(await statesOf(run), 'held-1:failed held-2:failed final:failed');
  });

  it('cancel: those that are held are cancelled', async () => {
    const run = await worker.start('twoHeldOneStops', 'cancel');
    assert.equal(await blamed(run), 'final');
    assert.equal(await statesOf(run), 'held-1:cancelled held-2:cancelled final:failed');
  });
});

describe('cancelTask', { concurrency: 4 }, () => {
  it('says asked; the pod is cancelled, and whoever awaited it is; the run fails with it; nobody is held', async () => {
    const run = await worker.start('diamond', { ms: 1_000, hold: '1h' });
    await reaches(run, 'orders:running refunds:running ledger:waiting charts:waiting lone:running');
    assert.equal(await run.executeUpdate(cancelTask, { args: ['orders'] }), 'asked');
    assert.equal(await blamed(run), 'orders');
    assert.equal((await nodeOf(run, 'orders')).error, 'Activity cancelled');
    assert.equal(await statesOf(run), 'orders:cancelled refunds:done ledger:cancelled charts:cancelled lone:done');
  });

  it('reaches a task that waits for others when it comes to its pod', async () => {
    const run = await worker.start('diamond', { ms: 500 });
    await reaches(run, 'orders:running refunds:running ledger:waiting charts:waiting lone:running');
    await run.executeUpdate(cancelTask, { args: ['charts'] });
    assert.equal(await blamed(run), 'charts');
    assert.equal(await statesOf(run), 'orders:done refunds:done ledger:done charts:cancelled lone:done');
    assert.ok(!(await activityIds(run)).includes('charts-1'));
  });

  it('reaches a task at the gate, one that has not begun, one that is held', async () => {
    const run = await worker.start('assortment');
    await reaches(run, 'done:done failed:failed upstream:upstream held:held');
    assert.equal(await run.executeUpdate(cancelTask, { args: ['held'] }), 'asked');
    const begun = 'done:done failed:failed upstream:upstream held:cancelled';
    await reaches(run, `${begun} running:running queued:queued waiting:waiting`);
    await run.executeUpdate(cancelTask, { args: ['waiting'] });
    await run.executeUpdate(cancelTask, { args: ['queued'] });
    await reaches(run, `${begun} running:running queued:cancelled waiting:cancelled`);
    await run.executeUpdate(cancelTask, { args: ['running'] });
    assert.equal(await blamed(run), 'failed running queued waiting');
    assert.deepEqual(await activityIds(run), ['done-1', 'failed-1', 'held-1', 'running-1']);
  });
});

describe('pausePods', { concurrency: 4 }, () => {
  it('lets no new pod start until resumePods; those that run go on', async () => {
    const run = await worker.start('diamond', { ms: 500 });
    await reaches(run, 'orders:running refunds:running ledger:waiting charts:waiting lone:running');
    await run.executeUpdate(pausePods);
    await reaches(run, 'orders:done refunds:done ledger:queued charts:queued lone:done');
    assert.equal((await run.query(graphQuery)).podsPaused, true);
    assert.match(await tableOf(run), /^3 done, 2 queued of 5; new pods are paused until resumePods\n/);
    await run.executeUpdate(resumePods);
    assert.deepEqual(await run.result(), [['orders', 'refunds'], 'orders']);
    assert.equal((await run.query(graphQuery)).podsPaused, undefined);
  });

  it('keeps a further try waiting too, which stands at the gate again', async () => {
    const run = await worker.start('triesAndOthers');
    await reaches(run, 'tries:running other:queued');
    await run.executeUpdate(pausePods);
    await worker.ended(run, 'tries', 1);
    // Whatever starts is scheduled by the workflow task that hears of the end; the update's comes after it.
    assert.equal(await refusalOf(run.executeUpdate(pausePods)), 'new pods are paused already');
    assert.deepEqual(await activityIds(run), ['tries-1']);
    await run.executeUpdate(resumePods);
    await run.result();
    assert.deepEqual(await activityIds(run), ['tries-1', 'other-1', 'tries-2']);
  });

  it('does not keep a cancelled run from its end', async () => {
    const run = await worker.start('diamond', { ms: 300 });
    await reaches(run, 'orders:running refunds:running ledger:waiting charts:waiting lone:running');
    await run.executeUpdate(pausePods);
    await reaches(run, 'orders:done refunds:done ledger:queued charts:queued lone:done');
    await run.cancel();
    assert.ok((await failureOf(run)) instanceof CancelledFailure);
  });
});

describe('a refusal gives the reason', () => {
  it('for each state that a task may be in', async () => {
    const run = await worker.start('assortment');
    await reaches(run, 'done:done failed:failed upstream:upstream held:held');
    const refused = (update: string, ...args: unknown[]) => refusalOf(run.executeUpdate(update, { args: args as [] }));
    const retry = (name: string, options?: object) => refused('retryTask', name, ...(options ? [options] : []));
    const seen = 'and is not held: whoever awaits it has seen that, and it cannot be taken back.';
    const rerun = 'rerun starts a new run, which keeps what is done';
    assert.equal(await retry('done'), "'done' is done, not held");
    assert.equal(await retry('failed'), `'failed' is failed, ${seen} ${rerun}`);
    assert.equal(await retry('upstream'), `'upstream' is upstream, because of 'failed', ${seen} ${rerun}`);
    assert.equal(await retry('hold'), "there is no task 'hold'; did you mean 'held'?");
    assert.equal(await retry('held', { resources: {} }), 'unknown: resources; the second argument is { spec }');
    assert.equal(await retry('held', { spec: [] }), 'spec is not an object');
    assert.equal(await refused('skipTask', 'done', { value: 1 }), "'done' is done, not held");
    assert.equal(await refused('skipTask', 'held', 1), 'the second argument is { value }, or nothing');
    assert.equal(await refused('failTask', 'done'), "'done' is done, not held");
    assert.equal(await refused('cancelTask', 'done'), "'done' has ended: it is done");
    assert.equal(await refused('cancelTask', '(body)'), "there is no task '(body)'");
    assert.equal(await refused('resumePods'), 'new pods are not paused');

    await run.executeUpdate(failTask, { args: ['held'] });
    await reaches(
      run,
      'done:done failed:failed upstream:upstream held:failed running:running queued:queued waiting:waiting',
    );
    assert.equal(await retry('running'), "'running' is running, not held");
    assert.equal(await retry('queued'), "'queued' is queued, not held");
    assert.equal(await retry('waiting'), "'waiting' is waiting, not held");
    await run.cancel();
    await run.result().catch(() => undefined);
  });

  it('to a task that has created tasks, whose function cannot run a second time', async () => {
    const run = await worker.start('parentFails');
    await reaches(run, 'parent:held child:done');
    assert.equal(
      await refusalOf(run.executeUpdate(retryTask, { args: ['parent'] })),
      "'parent' has created tasks (child), and they cannot be created a second time: skip it or let it fail, and rerun",
    );
    await run.executeUpdate(skipTask, { args: ['parent', { value: 1 }] });
    await run.result();
  });
});

describe('a run', { concurrency: 4 }, () => {
  for (const where of ['task', 'body'] as const) {
    it(`ends only when its last pod has, also one that nobody waits for in the ${where}`, async () => {
      const run = await worker.start('endsBeforeItsPods', { where });
      await failureOf(run);
      const { events } = await run.fetchHistory();
      const ends = events?.filter((event) => event.activityTaskCompletedEventAttributes);
      assert.equal(ends?.length, 1);
    });
  }
});

describe('replay', () => {
  it('every history of these tests fits the code', async () => {
    assert.deepEqual(await replayProblems(worker.workflowBundle, worker.handles), []);
  });
});
