/** Schedules as the client makes them, as a process, on a real Temporal. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { pause } from '../../../src/common/pause.ts';
import { bundleWorkflows } from '../../../src/worker/workflows.ts';
import { temporal, type Temporal } from '../../support/temporal.ts';
import { client } from '../client-process.ts';

const taskQueue = `schedules-${Date.now().toString(36)}`;
const workflowsPath = fileURLToPath(new URL('day-workflows.ts', import.meta.url));
const DAY_MS = 86_400_000;
const dayOf = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);

suite('schedule', { concurrency: 2, timeout: 300_000 }, () => {
  let server: Temporal;
  let stop: () => Promise<void>;
  before(async () => {
    const logger = new DefaultLogger('ERROR');
    Runtime.install({ logger });
    server = await temporal();
    const { nativeConnection: connection, namespace } = server;
    const workflowBundle = await bundleWorkflows({ path: workflowsPath, from: 'a test' });
    const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
    };
  });
  after(async () => {
    for (const name of ['week', 'one', 'hourly', 'busy', 'night', 'twice'])
      await schedule(name)
        .delete()
        .catch(() => undefined);
    await stop();
    await server.close();
  });

  const id = (name: string) => `${taskQueue}-${name}`;
  const schedule = (name: string) => server.client.schedule.getHandle(id(name));
  const call = (args: readonly string[], env: Record<string, string> = {}) =>
    client(args, {
      env: {
        TEMPORAL_ADDRESS: server.address,
        TEMPORAL_NAMESPACE: server.namespace,
        TEMPORAL_PODS_TASK_QUEUE: taskQueue,
        TEMPORAL_PODS_WORKFLOWS: workflowsPath,
        ...env,
      },
    }).ended;
  const done = async (...args: string[]) => {
    const { code, out, err } = await call(args);
    assert.equal(code, 0, err);
    return { out, err };
  };
  const refused = async (...args: string[]) => {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, out], [2, ''], err);
    return err;
  };
  const described = async (
    name: string,
    is: (info: Awaited<ReturnType<ReturnType<typeof schedule>['describe']>>) => boolean,
  ) => {
    for (;;) {
      const found = await schedule(name).describe();
      if (is(found)) return found;
      await pause(100);
    }
  };

  test('a backfill over a week: one run for each day, and each knows which it is for', async () => {
    await done(
      'schedule',
      'create',
      id('week'),
      'whichDay',
      'zone=Asia/Tokyo',
      '--cron',
      '30 23 * * *',
      '--jitter',
      '1m',
      '--paused',
    );
    const { err } = await done('schedule', 'backfill', id('week'), '--from', dayOf(7), '--to', dayOf(1));
    assert.match(err, /: 7 runs for\n/);
    const { info } = await described(
      'week',
      ({ info }) => info.numActionsTaken === 7 && info.runningActions.length === 0,
    );
    const results = await Promise.all(
      info.recentActions.map(({ action }) => server.client.workflow.getHandle(action.workflow.workflowId).result()),
    );
    // Half past eleven in UTC is the next morning in Tokyo.
    assert.deepEqual(
      results,
      [7, 6, 5, 4, 3, 2, 1].map((ago) => [dayOf(ago - 1), `${dayOf(ago)}T23:30:00.000Z`]),
    );
    const { out } = await done('schedule', 'show', id('week'));
    assert.match(out, new RegExp(`completed +${dayOf(1)} 23:30:00 +${id('week')}-${dayOf(1)}T23:30:00Z`));
    assert.match(
      await refused('schedule', 'backfill', id('week'), '--from', dayOf(1), '--to', dayOf(2)),
      /is later than --to/,
    );
    assert.match(
      await refused('schedule', 'backfill', id('week'), '--from', dayOf(-2), '--to', dayOf(-3)),
      /is not over yet/,
    );
    const time = `${dayOf(1)}T01:00`;
    assert.match(await refused('schedule', 'backfill', id('week'), '--from', time, '--to', time), /has no time from/);
  });

  test('more times than Temporal would keep are refused', async () => {
    await done('schedule', 'create', id('hourly'), 'whichDay', '--every', '1m', '--paused');
    const said = await refused('schedule', 'backfill', id('hourly'), '--from', dayOf(2), '--to', dayOf(1));
    assert.match(said, /there are 1000 times or more: take a shorter range; nothing was started/);
  });

  test('it carries what a start carries: arguments with defaults, their summary, a longer time for workflow tasks', async () => {
    const { out, err } = await done(
      'schedule',
      'create',
      id('one'),
      'whichDay',
      '--cron',
      '0 2 * * *',
      '--time-zone',
      'Europe/Berlin',
    );
    assert.equal(out, `${id('one')}\n`);
    assert.match(err, /first run \d{4}-\d\d-\d\d 02:00:00 Europe\/Berlin/);
    const { action, policies } = await schedule('one').describe();
    assert.deepEqual(action.args, [{ zone: 'UTC' }]);
    assert.equal(action.workflowTaskTimeout, 60_000);
    assert.equal(action.staticSummary, 'whichDay `{"zone":"UTC"}`');
    assert.equal(policies.overlap, 'SKIP');

    assert.match(
      await refused('schedule', 'create', id('one'), 'whichDay', '--every', '1h'),
      /there is a schedule '.*' already; nothing was changed/,
    );
    await done('schedule', 'update', id('one'), 'zone=Asia/Tokyo', '--overlap', 'allow-all', '--note', 'changed');
    const changed = await schedule('one').describe();
    assert.deepEqual(
      [changed.action.args, changed.policies.overlap, changed.state.note],
      [[{ zone: 'Asia/Tokyo' }], 'ALLOW_ALL', 'changed'],
    );
    assert.deepEqual(changed.info.nextActionTimes[0]?.getUTCMinutes(), 0, 'its times are as before');
    const shown = await done('schedule', 'show', id('one'));
    assert.match(shown.out, /^times {5}0 2 \* \* \* Europe\/Berlin$/m);
    assert.equal(shown.out.match(/^(next)? +\d{4}-\d\d-\d\d 02:00:00 Europe\/Berlin$/gm)?.length, 5);
  });

  test('a night that a change of the clocks leaves out, or brings twice, is told with its date', async () => {
    const create = (name: string, zone: string, cron: string) =>
      done('schedule', 'create', id(name), 'whichDay', '--paused', '--cron', cron, '--time-zone', zone);
    const lost = /\d{4}-03-\d\d 02:30 does not exist in Europe\/Berlin: no run; choose a time outside 02:00–03:00/;
    assert.match((await create('night', 'Europe/Berlin', '30 2 * * *')).err, lost);
    assert.match((await done('schedule', 'show', id('night'))).out, lost);
    const none = ['schedule', 'backfill', id('night'), '--from', '2026-03-29', '--to', '2026-03-29'];
    assert.match(await refused(...none), /no time from [^]*nothing was started\n {2}2026-03-29 02:30 does not exist/);
    const some = await done('schedule', 'backfill', id('night'), '--from', '2026-03-28', '--to', '2026-03-29');
    assert.match(some.err, /: a run for\n {2}2026-03-28 02:30:00\n {2}2026-03-29 02:30 does not exist/);
    const moved = await done('schedule', 'update', id('night'), '--cron', '30 3 * * *');
    assert.doesNotMatch(moved.err, /exist/);
    const twice = /\d{4}-11-\d\d 01:30 exists twice in America\/New_York: two runs, not one/;
    assert.match((await create('twice', 'America/New_York', '30 1 * * *')).err, twice);
  });

  test('pause, resume, trigger, list, delete', async () => {
    await done('schedule', 'create', id('busy'), 'endless', '--every', '365d');
    await done('schedule', 'pause', id('busy'), '--note', 'for a test');
    assert.match((await done('schedule', 'show', id('busy'))).out, /paused: for a test\n[^]*next +none/);
    await done('schedule', 'resume', id('busy'));
    const first = await done('schedule', 'trigger', id('busy'));
    const [, workflowId = ''] = /started (\S+)\n/.exec(first.err) ?? [];
    assert.match((await done('schedule', 'trigger', id('busy'))).err, /nothing was started: a run of it is under way/);
    for (;;) {
      const { out } = await done('schedule', 'list', '-o', 'jsonl');
      const row = out.split('\n').find((line) => line.includes(`"${id('busy')}"`));
      if (!row?.includes('"last"')) continue;
      const { state, workflow, times } = JSON.parse(row) as Record<string, string>;
      assert.deepEqual([state, workflow, times], ['active', 'endless', 'every 365d']);
      break;
    }
    await done('schedule', 'delete', id('busy'));
    assert.match(await refused('schedule', 'show', id('busy')), /there is no schedule/);
    await server.client.workflow.getHandle(workflowId).terminate();
  });

  test('what is wrong is said before anything is created', async () => {
    const create = (...more: string[]) => refused('schedule', 'create', id('never'), ...more);
    assert.match(
      await create('whichDay', '--cron', '0 25 * * *'),
      /--cron '0 25 \* \* \*': .*Hour.*; nothing was created/,
    );
    assert.match(await create('whichDay', '--cron', '0 0 31 2 *'), /there is no such time; nothing was created/);
    assert.match(
      await create('whichDay', 'zon=UTC', '--cron', '@daily'),
      /zon: there is no such parameter.*did you mean 'zone'/,
    );
    assert.match(await create('whichDy', '--cron', '@daily'), /did you mean 'whichDay'/);
    await assert.rejects(schedule('never').describe(), /not found/);
  });

  test('a schedule of another task queue is not touched, nor listed', async () => {
    await done('schedule', 'create', id('mine'), 'whichDay', '--every', '30d');
    const other = { TEMPORAL_PODS_TASK_QUEUE: `${taskQueue}-other` };
    const { code, err } = await call(['schedule', 'delete', id('mine')], other);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`starts runs on task queue '${taskQueue}', and this is '${taskQueue}-other'`));
    assert.match((await call(['schedule', 'list'], other)).err, /no schedules on task queue/);
    await done('schedule', 'delete', id('mine'));
  });

  test('a run that no schedule started is for its start, or for what was said', async () => {
    const run = async (...more: string[]) =>
      JSON.parse((await done('run', 'whichDay', '-o', 'json', ...more)).out) as string[];
    assert.deepEqual(await run('--for', '2026-02-03'), ['2026-02-03', '2026-02-03T00:00:00.000Z']);
    const [day, time = ''] = await run();
    assert.equal(time.slice(0, 10), day);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  });
});
