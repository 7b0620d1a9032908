/** Which range a backfill asks Temporal for. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FoundSchedule } from '../../../src/client/schedules/find.ts';
import { backfill } from '../../../src/client/schedules/runs.ts';
import type { Temporal } from '../../../src/client/temporal/connection.ts';

interface Asked {
  startTime: { seconds: number; nanos: number };
  endTime: { seconds: number; nanos: number };
}

/** Temporal with one time of the schedule every hour, on the hour: of a range it takes the end, and not the start. */
function temporalWithHours() {
  const ranges: { start: Date; end: Date; overlap: string }[] = [];
  const ms = ({ seconds, nanos }: Asked['startTime']) => seconds * 1000 + nanos / 1e6;
  const listScheduleMatchingTimes = async ({ startTime, endTime }: Asked) => {
    const times = [];
    for (let at = Math.ceil((ms(startTime) + 0.001) / 3_600_000) * 3600; at * 1000 <= ms(endTime); at += 3600)
      times.push({ seconds: at });
    return { startTime: times };
  };
  const temporal = { client: { workflowService: { listScheduleMatchingTimes } }, config: { namespace: 'default' } };
  const schedule = {
    handle: { scheduleId: 'hourly', backfill: async (range: (typeof ranges)[number]) => void ranges.push(range) },
    description: { raw: {}, spec: { calendars: [], intervals: [], skip: [], timezone: 'UTC' } },
  };
  return {
    ranges,
    backfill: (from: string, to: string) =>
      backfill(temporal as unknown as Temporal, schedule as unknown as FoundSchedule, { from, to }),
  };
}

suite('a backfill', () => {
  test('has the first moment of its range in it, and the last', async () => {
    const { ranges, backfill } = temporalWithHours();
    const { times } = await backfill('2026-01-02T00:00', '2026-01-02T02:00');
    assert.deepEqual(times, ['2026-01-02 00:00:00', '2026-01-02 01:00:00', '2026-01-02 02:00:00']);
    const [range] = ranges;
    assert.ok(range && range.start < new Date('2026-01-02T00:00:00Z'), 'Temporal leaves the start of a range out');
    assert.ok(range.start > new Date('2026-01-01T23:00:00Z'));
    assert.deepEqual(range.end, new Date('2026-01-02T02:00:00Z'));
  });

  test('of one moment is that one', async () => {
    const { times } = await temporalWithHours().backfill('2026-01-02T01:00', '2026-01-02T01:00');
    assert.deepEqual(times, ['2026-01-02 01:00:00']);
  });
});
