/** Examples of what runs have to do with each other: mutex, pool, cache, schedules. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { WorkflowFailedError, type ScheduleOptions } from '@temporalio/client';
import { failureOf, statesOf } from '../support/asking.ts';
import { examplesWorker, type ExamplesWorker } from '../support/examples-worker.ts';

let worker: ExamplesWorker;
before(async () => (worker = await examplesWorker()));
after(() => worker.close());

const never = new Promise(() => undefined);

suite('a mutex across runs', { concurrency: 4 }, () => {
  /** Pods behind the mutex do as they are told, one after another. */
  function warehouse(...ends: (Promise<unknown> | 'fail' | undefined)[]) {
    const name = worker.id();
    const prefix = `mutex/warehouse-${name}`;
    worker.pods(prefix, () => {
      const end = ends.shift();
      return end === 'fail' ? { exit: 1 } : { after: end ?? Promise.resolve() };
    });
    const start = (patience = '1d') => worker.start('mutex', [{ warehouse: name, patience }]);
    const states = () => worker.podsOf(prefix).map(({ state }) => state);
    return { start, states, prefix, atWork: () => worker.runs(prefix, 'load') };
  }
  const waits = (run: { workflowId: string }) =>
    worker.eventually('the other one to wait', async () => {
      const { events } = await worker.client.workflow.getHandle(run.workflowId).fetchHistory();
      return events?.some((event) => event.startChildWorkflowExecutionFailedEventAttributes) || undefined;
    });

  test('lets one run at a time through', async () => {
    const { start, prefix } = warehouse();
    const runs = await Promise.all([start(), start(), start()]);
    for (const run of runs) assert.equal(await run.result(), 'loaded');
    assert.equal(worker.mostAtOnce(prefix), 1);
    assert.equal(worker.podsOf(prefix).length, 3);
  });

  for (const [end, how] of [
    ['cancelled', 'cancel'],
    ['terminated', 'terminate'],
  ] as const)
    test(`is free when the run that has it is ${end} and its pod is gone, not before`, async () => {
      const { start, states, prefix, atWork } = warehouse(never);
      const holder = await start();
      const { runId } = await atWork();
      const other = await start();
      await waits(other);
      await holder[how]();
      // Closed by itself, so after its pod; a terminated one would be free before that.
      const section = worker.client.workflow.getHandle(prefix, runId);
      await section.result().catch(() => undefined);
      assert.equal((await section.describe()).status.name, 'CANCELLED');
      assert.equal(await other.result(), 'loaded');
      assert.deepEqual([states(), worker.mostAtOnce(prefix)], [['cancelled', 'ended'], 1]);
    });

  test('is free when the run that has it has failed', async () => {
    const { start, states } = warehouse('fail');
    const holder = await start();
    await failureOf(holder);
    assert.equal(await (await start()).result(), 'loaded');
    assert.deepEqual(states(), ['ended', 'ended']);
  });

  test('who is cancelled while waiting never has it', async () => {
    const free = Promise.withResolvers<void>();
    const { start, states, atWork } = warehouse(free.promise);
    const holder = await start();
    await atWork();
    const other = await start();
    await waits(other);
    await other.cancel();
    await assert.rejects(other.result());
    free.resolve();
    assert.equal(await holder.result(), 'loaded');
    assert.deepEqual(states(), ['ended']);
  });

  test('who has waited long enough fails and says for what', async () => {
    const free = Promise.withResolvers<void>();
    const { start, prefix, atWork } = warehouse(free.promise);
    const holder = await start();
    await atWork();
    const other = await start('200ms');
    assert.match((await failureOf(other)).message, new RegExp(`load: ${prefix}: no place is free`));
    free.resolve();
    await holder.result();
  });
});

suite('a pool across runs', () => {
  test('has as many places as it has, whichever run asks', async () => {
    const gpus = worker.id();
    let going = 0;
    const full = Promise.withResolvers<void>();
    worker.pods(`pool/${gpus}`, () => {
      if (++going === 2) full.resolve();
      return { after: full.promise };
    });
    const runs = [
      await worker.start('pool', [{ gpus, size: 2, models: 2 }]),
      await worker.start('pool', [{ gpus, size: 2, models: 2 }]),
    ];
    for (const run of runs) assert.equal(await run.result(), 2);
    assert.equal(worker.podsOf(`pool/${gpus}`).length, 4);
    assert.equal(worker.mostAtOnce(`pool/${gpus}`), 2);
  });
});

suite('a result that is cached by key', { concurrency: 4 }, () => {
  test('is made once, for those who ask meanwhile and those who ask later', async () => {
    const key = worker.id();
    const work = Promise.withResolvers<void>();
    worker.pods(`cache/${key}`, () => ({ output: 42, after: work.promise }));
    const first = await worker.start('useCache', [{ key }]);
    await worker.runs(`cache/${key}`, 'work');
    const second = await worker.start('useCache', [{ key }]);
    work.resolve();
    const third = await worker.start('useCache', [{ key }]);
    assert.deepEqual([await first.result(), await second.result(), await third.result()], [42, 42, 42]);
    assert.equal(worker.podsOf(`cache/${key}`).length, 1);
    await worker.client.workflow.getHandle(`cache/${key}`).terminate();
  });

  test('is made again when it is too old', async () => {
    const key = worker.id();
    let made = 0;
    worker.pods(`cache/${key}`, () => ({ output: ++made }));
    assert.equal(await worker.run('useCache', [{ key, keep: '100ms' }]), 1);
    await worker.client.workflow.getHandle(`cache/${key}`).result();
    assert.equal(await worker.run('useCache', [{ key, keep: '100ms' }]), 2);
  });

  test('survives the run that asked first, also when that is cancelled', async () => {
    const key = worker.id();
    const work = Promise.withResolvers<void>();
    worker.pods(`cache/${key}`, () => ({ output: 42, after: work.promise }));
    const first = await worker.start('useCache', [{ key }]);
    await worker.runs(`cache/${key}`, 'work');
    const second = await worker.start('useCache', [{ key }]);
    await first.cancel();
    await assert.rejects(first.result(), WorkflowFailedError);
    work.resolve();
    assert.equal(await second.result(), 42);
    await worker.client.workflow.getHandle(`cache/${key}`).terminate();
  });

  test('is not kept when it is a failure: those who wait are told, and the next one tries again', async () => {
    const key = worker.id();
    let tries = 0;
    worker.pods(`cache/${key}`, () => (++tries === 1 ? { exit: 1 } : { output: 42 }));
    const run = await worker.start('useCache', [{ key }]);
    assert.match((await failureOf(run)).message, new RegExp(`${key}: `));
    assert.equal(await statesOf(run), 'features:failed');
    await worker.client.workflow.getHandle(`cache/${key}`).result();
    assert.equal(await worker.run('useCache', [{ key }]), 42);
    await worker.client.workflow.getHandle(`cache/${key}`).terminate();
  });
});

suite('the past of a schedule', { concurrency: 4 }, () => {
  const DAY = 86_400_000;
  async function schedule(workflowType: 'latestOnly' | 'incremental', args: unknown[] = []) {
    const scheduleId = `${workflowType}-${worker.id()}`;
    const options: ScheduleOptions = {
      scheduleId,
      spec: { calendars: [{ hour: 2 }] },
      action: { type: 'startWorkflow', workflowType, args, taskQueue: worker.taskQueue, workflowId: scheduleId },
      policies: { overlap: 'BUFFER_ALL' },
    };
    const handle = await worker.client.schedule.create(options);
    /** Results of its runs so far, in their order, when there are so many; undefined is a failure. */
    const results = (count: number) =>
      worker.eventually(`${count} runs`, async () => {
        const actions = (await handle.describe()).info.recentActions.map(({ action }) => action.workflow);
        if (actions.length < count) return undefined;
        const of = ({ workflowId, firstExecutionRunId }: (typeof actions)[number]) =>
          worker.client.workflow
            .getHandle(workflowId, firstExecutionRunId)
            .result()
            .catch(() => undefined);
        return Promise.all(actions.map(of));
      });
    return { handle, results };
  }
  const nights = (from: number, to: number) => ({
    start: new Date(Date.now() - from * DAY),
    end: new Date(Date.now() - to * DAY),
    overlap: 'BUFFER_ALL' as const,
  });

  test('what is for the latest day only is left out by a backfill', async () => {
    const { handle, results } = await schedule('latestOnly');
    try {
      await handle.backfill(nights(9, 7));
      const before: unknown[] = await results(2);
      await handle.trigger();
      assert.deepEqual(await results(3), [...before, ['load', 'mail']]);
      assert.deepEqual(before, [['load'], ['load']]);
    } finally {
      await handle.delete();
    }
  });

  test('a run goes on where the last good one stopped', async () => {
    const { handle, results } = await schedule('incremental');
    let runs = 0;
    worker.pods(handle.scheduleId, () => (++runs === 2 ? { exit: 1 } : {}));
    try {
      await handle.backfill(nights(10, 7));
      const [first, second, third] = (await results(3)) as { from: string; to: string }[];
      assert.deepEqual([first?.from, second, third?.from], ['2026-01-01', undefined, first?.to]);
      const days = (Date.parse(third?.to ?? '') - Date.parse(first?.to ?? '')) / DAY;
      assert.equal(days, 2, 'each is for a day of its own');
    } finally {
      await handle.delete();
    }
  });
});

suite('replay', () => {
  test('every history of these tests fits the code', async () => assert.deepEqual(await worker.replayAll(), []));
});
