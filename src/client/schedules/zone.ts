/** Days and moments in a time zone. Pure. */
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';

/** @throws Problem (2) that says which was meant */
export function checkZone(option: string, zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    const hint = suggestion(zone, Intl.supportedValuesOf('timeZone'), { otherwise: ' (as Europe/Berlin)' });
    throw usage(`${option}: there is no time zone '${zone}'${hint}`);
  }
}

/** `2026-11-01 02:00:00`, as the clocks there show it. */
export const textIn = (zone: string, ms: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(ms);

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const LOCAL = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:?\d\d)$/i;

/**
 * A day or a time of the clocks in the zone, or a moment with its own offset, as milliseconds since 1970.
 *
 * @param edge of a day: its first millisecond, or its last. @throws Problem (2) that names the option
 */
export function readMoment(option: string, text: string, zone: string, edge: 'first' | 'last' = 'first'): number {
  const [isDay, year, month, day] = DAY.exec(text) ?? [];
  const asUtc = Date.parse(isDay ? `${text}T00:00:00Z` : LOCAL.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  // `2026-02-30` would be the second of March.
  const isReal = !isDay || new Date(asUtc).getUTCDate() === Number(day);
  if (Number.isNaN(asUtc) || !isReal || !(isDay || LOCAL.test(text) || WITH_OFFSET.test(text)))
    throw usage(
      `${option}: '${text}' is neither a day (2026-11-01) nor a moment (2026-11-01T02:00, in the schedule's zone, or with Z)`,
    );
  if (WITH_OFFSET.test(text)) return asUtc;
  if (isDay && edge === 'last') return instant(Date.UTC(Number(year), Number(month) - 1, Number(day) + 1), zone) - 1;
  return instant(asUtc, zone);
}

/** When the clocks of the zone show what UTC shows at `local`. */
function instant(local: number, zone: string): number {
  const guess = local - offset(local, zone);
  return local - offset(guess, zone);
}

export interface ClockChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How much more than UTC the clocks show, before it and from then on; milliseconds. */
  readonly before: number;
  readonly after: number;
}

/** Two changes within a step that undo each other are not seen; the shortest that there are last a month (Ramadan in Morocco). */
const STEP_MS = 7 * 86_400_000;

/** When the clocks of the zone are put forward or back; both ends are milliseconds since 1970. */
export function clockChanges(zone: string, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = [];
  for (let start = from; start < to; start += STEP_MS) {
    const end = Math.min(start + STEP_MS, to);
    const [before, after] = [offset(start, zone), offset(end, zone)];
    if (before === after) continue;
    let [early, late] = [Math.floor(start / 1000), Math.ceil(end / 1000)];
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (offset(middle * 1000, zone) === before) early = middle;
      else late = middle;
    }
    changes.push({ at: late * 1000, before, after });
  }
  return changes;
}

const offset = (ms: number, zone: string) =>
  Date.parse(`${textIn(zone, ms).replace(' ', 'T')}Z`) - Math.floor(ms / 1000) * 1000;
