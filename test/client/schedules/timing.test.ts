import { COLUMNS, scheduleText } from '../../../src/client/schedules/look.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { policiesOf, specOf, specText, type TimingOptions } from '../../../src/client/schedules/timing.ts';
import { clockNote, type Calendar } from '../../../src/client/schedules/clock-changes.ts';
import { clockChanges, readMoment, textIn } from '../../../src/client/schedules/zone.ts';
import { Problem } from '../../../src/common/problem.ts';

const isUsage = (says: RegExp) => (error: unknown) =>
  error instanceof Problem && error.exitCode === 2 && says.test(error.message);

suite('the times of a schedule', () => {
  test('a cron text keeps itself as its comment, since Temporal keeps nothing else of it', () => {
    assert.deepEqual(specOf({ cron: ['0 2 * * *'], timeZone: 'Europe/Berlin', jitter: '1m' }), {
      cronExpressions: ['0 2 * * * # 0 2 * * *'],
      timezone: 'Europe/Berlin',
      jitter: 60_000,
    });
  });

  test('a length of time, and how much later', () => {
    const intervals = [{ every: 21_600_000, offset: 900_000 }];
    assert.deepEqual(specOf({ every: '6h', offset: '15m' }), { intervals, timezone: 'UTC' });
  });

  test('policies are left to Temporal unless they are given', () => {
    assert.deepEqual(policiesOf({}), {});
    assert.deepEqual(policiesOf({ overlap: 'buffer-one', catchUp: '1h', pauseOnFailure: true }), {
      overlap: 'BUFFER_ONE',
      catchupWindow: 3_600_000,
      pauseOnFailure: true,
    });
  });

  const wrong: [law: string, options: TimingOptions, says: RegExp][] = [
    ['no times', {}, /Give --cron or --every/],
    ['both kinds', { cron: ['0 2 * * *'], every: '1h' }, /only one of --cron and --every/],
    [
      'an unknown zone',
      { cron: ['@daily'], timeZone: 'Europe/Belin' },
      /--time-zone: .*'Europe\/Belin'; did you mean 'Europe\/Berlin'\?/,
    ],
    ['no length', { every: 'often' }, /--every: 'often' is not a length of time/],
    ['nothing at all', { every: '0s' }, /--every: must be at least 1 s, got 0s/],
    ['an offset alone', { cron: ['@daily'], offset: '1m' }, /--offset goes with --every/],
    ['an offset that is too long', { every: '1h', offset: '1h' }, /--offset: must be shorter than --every 1h, got 1h/],
    ['a jitter that is none', { every: '1h', jitter: 'x' }, /--jitter: 'x'/],
  ];
  for (const [law, options, says] of wrong)
    test(`${law} is usage`, () => assert.throws(() => specOf(options), isUsage(says)));
  test('a catch-up that Temporal would make longer is usage', () =>
    assert.throws(() => policiesOf({ catchUp: '1s' }), isUsage(/--catch-up: must be at least 10 s, got 1s/)));

  test('they are told as they were typed', () => {
    const rest = { skip: [], timezone: 'UTC' };
    const calendar = { comment: '0 2 * * *' } as never;
    assert.equal(
      specText({ ...rest, calendars: [calendar], intervals: [], jitter: 60_000 }),
      '0 2 * * * UTC, up to 60 s later',
    );
    const intervals = [{ every: 5_400_000, offset: 300_000 }];
    assert.equal(specText({ ...rest, calendars: [], intervals }), 'every 90m + 5m');
  });
});

suite('moments in a zone', () => {
  const rows: [law: string, text: string, zone: string, edge: 'first' | 'last', utc: string][] = [
    ['a day begins with its first millisecond', '2026-11-01', 'Europe/Berlin', 'first', '2026-10-31T23:00:00.000Z'],
    ['a day ends with its last', '2026-11-01', 'Europe/Berlin', 'last', '2026-11-01T22:59:59.999Z'],
    ['a day of 25 hours', '2026-10-25', 'Europe/Berlin', 'last', '2026-10-25T22:59:59.999Z'],
    ['a day of 23 hours', '2026-03-29', 'Europe/Berlin', 'last', '2026-03-29T21:59:59.999Z'],
    ['the last day of a year', '2026-12-31', 'UTC', 'last', '2026-12-31T23:59:59.999Z'],
    ['a time of the clocks there', '2026-11-01T02:00', 'Asia/Kolkata', 'first', '2026-10-31T20:30:00.000Z'],
    ['a moment with its own offset', '2026-11-01T02:00:00+02:00', 'Asia/Kolkata', 'last', '2026-11-01T00:00:00.000Z'],
  ];
  for (const [law, text, zone, edge, utc] of rows)
    test(law, () => assert.equal(new Date(readMoment('--from', text, zone, edge)).toISOString(), utc));

  for (const text of ['yesterday', '2026-13-01', '2026-02-30', '7d', '2026-11-01T25:00'])
    test(`'${text}' is none`, () =>
      assert.throws(() => readMoment('--from', text, 'UTC'), isUsage(/--from: '.*' is neither a day/)));

  test('are shown as the clocks there show them', () =>
    assert.equal(textIn('America/New_York', Date.parse('2026-11-01T06:30:05Z')), '2026-11-01 01:30:05'));
});

suite('a cron where the clocks are changed', () => {
  const range = (start: number, end = start) => ({ start, end, step: 1 });
  const calendar = (minute: number, ...hours: number[]): Calendar => ({
    second: [range(0)],
    minute: [range(minute)],
    hour: hours.length === 0 ? [range(0, 23)] : hours.map((hour) => range(hour)),
    dayOfMonth: [range(1, 31)],
    month: [range(1, 12)],
    dayOfWeek: [range(0, 6)],
  });
  const noteIn = (zone: string, day: string, calendars: Calendar[], times: string[]) => {
    const from = Date.parse(day) - 43_200_000;
    const [change] = clockChanges(zone, from, from + 129_600_000);
    assert.ok(change);
    return clockNote(
      zone,
      calendars,
      change,
      times.map((time) => Date.parse(`${time}Z`)),
    );
  };

  test('when the clocks are changed, to the second', () => {
    const changes = clockChanges('Europe/Berlin', Date.parse('2026-11-28T12:00Z'), Date.parse('2027-11-28T12:00Z'));
    assert.deepEqual(
      changes.map(({ at, before, after }) => [new Date(at).toISOString(), before / 3_600_000, after / 3_600_000]),
      [
        ['2027-03-28T01:00:00.000Z', 1, 2],
        ['2027-10-31T01:00:00.000Z', 2, 1],
      ],
    );
    assert.deepEqual(clockChanges('UTC', 0, Date.parse('2027-01-01')), []);
  });

  // The times are as Temporal 1.29 listed them.
  const rows: [
    law: string,
    zone: string,
    day: string,
    calendar: Calendar[],
    times: string[],
    says: string | undefined,
  ][] = [
    [
      'a time that is left out has no run',
      'Europe/Berlin',
      '2027-03-28',
      [calendar(30, 2)],
      [],
      '2027-03-28 02:30 does not exist in Europe/Berlin: no run; choose a time outside 02:00–03:00, or a zone without summer time (UTC)',
    ],
    [
      'also if another one of the day takes place',
      'Europe/Berlin',
      '2027-03-28',
      [calendar(30, 2, 3)],
      ['2027-03-28T01:30'],
      '2027-03-28 02:30 does not exist in Europe/Berlin: no run; choose a time outside 02:00–03:00, or a zone without summer time (UTC)',
    ],
    [
      'midnight may be left out',
      'Africa/Cairo',
      '2027-04-30',
      [calendar(0, 0)],
      [],
      '2027-04-30 00:00 does not exist in Africa/Cairo: no run; choose a time outside 00:00–01:00, or a zone without summer time (UTC)',
    ],
    ['each hour is still each hour', 'Europe/Berlin', '2027-03-28', [calendar(30)], ['2027-03-28T01:30'], undefined],
    ['what is moved runs', 'Australia/Lord_Howe', '2027-10-03', [calendar(15, 2)], ['2027-10-02T15:45'], undefined],
    ['another time is none of it', 'Europe/Berlin', '2027-03-28', [calendar(30, 4)], ['2027-03-28T02:30'], undefined],
    [
      'a time that comes twice and runs once is as it should be',
      'Europe/Berlin',
      '2027-10-31',
      [calendar(30, 2)],
      ['2027-10-31T01:30'],
      undefined,
    ],
    [
      'a time that runs twice',
      'America/New_York',
      '2027-11-07',
      [calendar(30, 1)],
      ['2027-11-07T05:30', '2027-11-07T06:30'],
      '2027-11-07 01:30 exists twice in America/New_York: two runs, not one; choose a time outside 01:00–02:00, or a zone without summer time (UTC)',
    ],
    [
      'a time that Temporal forgets',
      'Europe/Berlin',
      '2027-10-31',
      [calendar(0, 2), calendar(30, 2)],
      ['2027-10-31T01:00', '2027-10-31T02:30'],
      '2027-10-31 02:30 exists twice in Europe/Berlin: no run; choose a time outside 02:00–03:00, or a zone without summer time (UTC)',
    ],
    [
      'each hour, but not the one that comes twice',
      'Europe/Berlin',
      '2027-10-31',
      [calendar(30)],
      ['2027-10-31T00:30', '2027-10-31T02:30'],
      '2027-10-31 02:30 exists twice in Europe/Berlin: one run, not two; --every runs evenly',
    ],
    [
      'each hour, also the one that comes twice',
      'America/New_York',
      '2027-11-07',
      [calendar(30)],
      ['2027-11-07T05:30', '2027-11-07T06:30'],
      undefined,
    ],
  ];
  for (const [law, zone, day, calendars, times, says] of rows)
    test(law, () => assert.equal(noteIn(zone, day, calendars, times), says));

  test('of many times the first are named', () => {
    const all: Calendar = { ...calendar(0, 2), minute: [{ start: 0, end: 59, step: 5 }] };
    assert.match(noteIn('Europe/Berlin', '2027-03-28', [all], []) ?? '', /28 02:00, 02:05, 02:10 and 9 more does not/);
  });
});

test('the list of schedules says that its times are in UTC, and `schedule show` in which zone its own are', () => {
  assert.deepEqual(
    COLUMNS.map(({ title }) => title),
    ['NAME', 'STATE', 'WORKFLOW', 'TIMES', 'NEXT (UTC)', 'LAST (UTC)'],
  );
  const schedule = {
    name: 'nightly',
    state: 'active',
    workflow: 'load',
    args: [],
    times: '0 4 * * * Europe/Berlin',
    timeZone: 'Europe/Berlin',
    overlap: 'skip',
    catchUpMs: 60_000,
    next: ['2026-12-01T03:00:00.000Z'],
    clockChanges: [],
    runs: [{ scheduledFor: '2026-11-30T03:00:00.000Z', workflowId: 'nightly-1', runId: 'r' }],
    skippedByOverlap: 0,
    missedByCatchUp: 0,
  } as const;
  const text = scheduleText(schedule as unknown as Parameters<typeof scheduleText>[0], {});
  assert.match(text, /^next {6}2026-12-01 04:00:00 Europe\/Berlin$/m);
  assert.match(text, /^STATUS {2}FOR \(Europe\/Berlin\) {2}ID$/m);
});
