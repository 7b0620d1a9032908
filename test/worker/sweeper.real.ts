/** The schedule of the sweeps, on a real Temporal: what the worker that started last was told holds. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { adjustSweeper, sweeperId } from '../../src/worker/sweeper.ts';
import { temporal, type Temporal } from '../support/temporal.ts';

suite('the schedule of the sweeps', () => {
  let server: Temporal;
  before(async () => {
    server = await temporal();
  });
  after(() => server.close());

  let lanes = 0;
  /** A task queue of its own, whose schedule goes with the test. */
  function lane() {
    const taskQueue = `sweeper-${Date.now().toString(36)}-${++lanes}`;
    const handle = server.client.schedule.getHandle(sweeperId(taskQueue));
    return {
      handle,
      workerStarts: (sweepEvery: string | undefined) =>
        adjustSweeper(server.nativeConnection, {
          namespace: server.namespace,
          taskQueue,
          ...(sweepEvery !== undefined && { sweepEvery }),
        }),
      intervals: async () => (await handle.describe()).spec.intervals?.map(({ every }) => every),
      isThere: () =>
        handle.describe().then(
          () => true,
          (error: Error) => {
            assert.equal(error.name, 'ScheduleNotFoundError');
            return false;
          },
        ),
      [Symbol.asyncDispose]: () =>
        handle.delete().then(
          () => undefined,
          () => undefined,
        ),
    };
  }

  test('is made by the first worker', async () => {
    await using one = lane();
    await one.workerStarts('1h');
    assert.deepEqual(await one.intervals(), [3_600_000]);
    assert.equal((await one.handle.describe()).action.workflowType, 'sweep');
  });

  test('a worker that is told another interval changes it', async () => {
    await using one = lane();
    await one.workerStarts('1h');
    await one.workerStarts('2h');
    assert.deepEqual(await one.intervals(), [7_200_000]);
  });

  test('never ends it, and makes none', async () => {
    await using one = lane();
    await one.workerStarts(undefined);
    assert.equal(await one.isThere(), false);
    await one.workerStarts('1h');
    await one.workerStarts(undefined);
    assert.equal(await one.isThere(), false);
    await one.workerStarts('1h');
    assert.deepEqual(await one.intervals(), [3_600_000]);
  });

  test('an operator’s pause stays, whatever the next worker is told', async () => {
    await using one = lane();
    await one.workerStarts('1h');
    await one.handle.pause('the cluster moves');
    for (const next of ['1h', '2h', undefined, '3h']) {
      await one.workerStarts(next);
      const { paused, note } = (await one.handle.describe()).state;
      assert.deepEqual([paused, note], [true, 'the cluster moves'], `after ${next ?? 'never'}`);
    }
    assert.deepEqual(await one.intervals(), [10_800_000]);
  });

  test('what an operator has changed beside the interval stays', async () => {
    await using one = lane();
    await one.workerStarts('1h');
    await one.handle.update((now) => ({
      ...now,
      spec: { ...now.spec, jitter: '1m' },
      action: { ...now.action, args: [{ minAge: '10m' }] },
    }));
    await one.workerStarts('2h');
    const { spec, action } = await one.handle.describe();
    assert.deepEqual([spec.intervals?.[0]?.every, spec.jitter, action.args], [7_200_000, 60_000, [{ minAge: '10m' }]]);
  });
});
