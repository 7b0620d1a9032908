import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { policiesOf, specOf, specText, type TimingOptions } from '../../../src/client/schedules/timing.ts';
import { readMoment, textIn } from '../../../src/client/schedules/zone.ts';
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
