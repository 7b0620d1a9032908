/**
 * What a cron does where the clocks of its zone are put forward or back. What it ought to run comes from the calendars that Temporal
 * made of it, what it does run from Temporal's own list of times: which of two equal times it takes differs from zone to zone.
 */
import type { ScheduleDescription } from '@temporalio/client';
import type { Temporal } from '../temporal/connection.ts';
import { LIMIT, timesIn } from './matching-times.ts';
import { zoneOf } from './timing.ts';
import { clockChanges, textIn, type ClockChange } from './zone.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** One each for spring and autumn, for the schedules of most zones. */
const AHEAD_MS = 366 * DAY_MS;

/** What runs each minute is told in whole. */
const AROUND_MS = 6 * 3_600_000;

/** So many of the times of one night are named. */
const NAMED = 3;

export type Calendar = NonNullable<
  NonNullable<NonNullable<ScheduleDescription['raw']['schedule']>['spec']>['structuredCalendar']
>[number];

/**
 * A sentence for each change of the clocks at which it runs less or more often than its cron says; none in a zone without changes.
 *
 * @param range milliseconds since 1970; default: the next year
 */
export async function clockNotes(
  temporal: Temporal,
  { scheduleId, spec, raw }: Pick<ScheduleDescription, 'scheduleId' | 'spec' | 'raw'>,
  { from, to } = { from: Date.now(), to: Date.now() + AHEAD_MS },
): Promise<string[]> {
  const calendars = raw.schedule?.spec?.structuredCalendar ?? [];
  if (calendars.length === 0) return [];
  const zone = zoneOf(spec);
  const notes = clockChanges(zone, from, to).map(async (change) => {
    if (touchedTimes(calendars, change).length === 0) return;
    // Which of two equal times Temporal takes depends on the time before, so some are asked for too.
    const range = { start: new Date(change.at - AROUND_MS), end: new Date(change.at + AROUND_MS) };
    const times = await timesIn(temporal, scheduleId, range);
    // One that runs each second is more than Temporal tells.
    return times.length < LIMIT ? clockNote(zone, calendars, change, times) : undefined;
  });
  return (await Promise.all(notes)).filter((note) => note !== undefined);
}

/** @param times what Temporal runs around it, in milliseconds since 1970 */
export function clockNote(
  zone: string,
  calendars: readonly Calendar[],
  change: ClockChange,
  times: readonly number[],
): string | undefined {
  const { at, before, after } = change;
  const touched = touchedTimes(calendars, change);
  // Of a minute with several seconds, one counts.
  const minutes = [...new Set(times.map((time) => Math.floor(time / MINUTE_MS) * MINUTE_MS))];
  const runs = (local: number) => minutes.filter((time) => time + (time < at ? before : after) === local).length;
  if (after > before) {
    // By less than an hour (Lord Howe), Temporal runs it so much later.
    const isMoved = (local: number) =>
      minutes.includes(local - before) && !calendars.some((one) => matches(one, local - before + after));
    const lost = touched.filter(({ local, eachHour }) => !eachHour && !isMoved(local));
    return sentence(lost, 'does not exist', 'no run');
  }
  const wrong = touched.map((one) => ({ ...one, runs: runs(one.local) })).filter((one) => one.runs !== one.due);
  const [first] = wrong;
  const alike = wrong.filter((one) => one.runs === first?.runs);
  return sentence(alike, 'exists twice', ['no run', 'one run, not two', 'two runs, not one'][first?.runs ?? 0]!);

  function sentence(found: readonly Touched[], is: string, what: string): string | undefined {
    const [first] = found;
    if (!first) return;
    const clock = (local: number) => textIn('UTC', local).slice(11, 16);
    const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : '';
    const shown = found.slice(0, NAMED).map(({ local }) => clock(local));
    const [start, end] = [before, after].sort((a, b) => a - b).map((offset) => clock(at + offset));
    const advice = first.eachHour
      ? '--every runs evenly'
      : `choose a time outside ${start}–${end}, or a zone without summer time (UTC)`;
    return `${textIn('UTC', first.local).slice(0, 10)} ${shown.join(', ')}${more} ${is} in ${zone}: ${what}; ${advice}`;
  }
}

interface Touched {
  /** As milliseconds since 1970, if the clocks were UTC's. */
  readonly local: number;
  readonly eachHour: boolean;
  readonly due: number;
}

/** To the minute: the times of the clocks that the change leaves out, or brings twice, and that the calendars mean. */
function touchedTimes(calendars: readonly Calendar[], { at, before, after }: ClockChange): Touched[] {
  const found: Touched[] = [];
  for (let local = at + Math.min(before, after); local < at + Math.max(before, after); local += MINUTE_MS) {
    const meant = calendars.filter((one) => matches(one, local));
    // Who runs in each hour of the day means each hour, and not this one.
    const eachHour = meant.some(hasEachHour);
    if (meant.length > 0) found.push({ local, eachHour, due: eachHour ? 2 : 1 });
  }
  return found;
}

const hasEachHour = ({ hour }: Calendar) => Array.from({ length: 24 }, (_, one) => one).every((one) => isIn(hour, one));

function matches({ minute, hour, dayOfMonth, month, year, dayOfWeek }: Calendar, local: number): boolean {
  const time = new Date(local);
  return (
    isIn(minute, time.getUTCMinutes()) &&
    isIn(hour, time.getUTCHours()) &&
    isIn(dayOfMonth, time.getUTCDate()) &&
    isIn(month, time.getUTCMonth() + 1) &&
    isIn(year, time.getUTCFullYear()) &&
    isIn(dayOfWeek, time.getUTCDay())
  );
}

/** Temporal fills in all ranges but the year's; without one it is any year. An end before its start is the start. */
const isIn = (ranges: Calendar['hour'], value: number) =>
  !ranges?.length ||
  ranges.some(({ start, end, step }) => {
    const first = start ?? 0;
    return value >= first && value <= Math.max(first, end ?? 0) && (value - first) % (step || 1) === 0;
  });
