/** When a schedule starts runs: from options to Temporal's spec and policies, and back to words. Pure. */
import type { ScheduleOptions, ScheduleOverlapPolicy, ScheduleSpecDescription } from '@temporalio/client';
import { milliseconds } from '../../common/duration.ts';
import { usage } from '../../common/problem.ts';
import { lengthText } from '../terminal/time-text.ts';
import { checkZone } from './zone.ts';

export const OVERLAPS = ['skip', 'buffer-one', 'buffer-all', 'cancel-other', 'terminate-other', 'allow-all'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** As they were typed. */
export interface TimingOptions {
  readonly cron?: readonly string[];
  readonly every?: string;
  readonly offset?: string;
  readonly timeZone?: string;
  readonly jitter?: string;
  readonly overlap?: Overlap;
  readonly catchUp?: string;
  readonly pauseOnFailure?: boolean;
}

/** @throws Problem (2) that names the option and its value */
export function specOf({ cron, every, offset, timeZone, jitter }: TimingOptions): ScheduleOptions['spec'] {
  if ((cron === undefined) === (every === undefined))
    throw usage(`when shall it run? Give ${cron ? 'only one of --cron and --every' : '--cron or --every'}`);
  if (offset !== undefined && every === undefined) throw usage('--offset goes with --every');
  const timezone = timeZone === undefined ? 'UTC' : checkZone('--time-zone', timeZone);
  const more = { timezone, ...(jitter !== undefined && { jitter: lengthOf('--jitter', jitter) }) };
  if (every === undefined) {
    // Temporal keeps what it makes of a cron text, and of the text only what stands behind #.
    return { cronExpressions: cron!.map((text) => `${text} # ${text}`), ...more };
  }
  const length = lengthOf('--every', every, 1000);
  const shift = offset === undefined ? {} : { offset: lengthOf('--offset', offset) };
  if (shift.offset !== undefined && shift.offset >= length)
    throw usage(`--offset: must be shorter than --every ${every}, got ${offset}`);
  return { intervals: [{ every: length, ...shift }], ...more };
}

export const policiesOf = ({
  overlap,
  catchUp,
  pauseOnFailure,
}: TimingOptions): NonNullable<ScheduleOptions['policies']> => ({
  ...(overlap && { overlap: policyOf(overlap) }),
  ...(catchUp !== undefined && { catchupWindow: lengthOf('--catch-up', catchUp, 10_000) }),
  ...(pauseOnFailure && { pauseOnFailure }),
});

/** Our word is Temporal's, as an option is written. */
export const policyOf = (overlap: Overlap) => overlap.toUpperCase().replaceAll('-', '_') as ScheduleOverlapPolicy;
export const overlapWord = (policy: string) => policy.toLowerCase().replaceAll('_', '-');

export const zoneOf = ({ timezone }: { timezone?: string | undefined }): string => timezone || 'UTC';

/** `0 2 * * *`, or `every 6 h`. */
export function specText({ calendars = [], intervals = [], timezone, jitter }: ScheduleSpecDescription): string {
  const times = [
    ...calendars.map(({ comment }) => comment || 'a calendar'),
    ...intervals.map(({ every, offset }) => `every ${exactly(every)}${offset ? ` + ${exactly(offset)}` : ''}`),
  ];
  return `${times.join(', ')}${calendars.length > 0 ? ` ${zoneOf({ timezone })}` : ''}${jitter ? `, up to ${lengthText(jitter)} later` : ''}`;
}

/** As it may be typed: `90m`. */
function exactly(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

function lengthOf(option: string, text: string, least = 0): number {
  try {
    const length = milliseconds(text);
    if (length >= least) return length;
  } catch {
    throw usage(`${option}: '${text}' is not a length of time (as 90s, 15m, 6h, 7d)`);
  }
  throw usage(`${option}: must be at least ${lengthText(least)}, got ${text}`);
}
