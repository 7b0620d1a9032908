/** Lengths of time and moments, as a person reads them. Pure. */
import { milliseconds } from '../../common/duration.ts';
import { usage } from '../../common/problem.ts';

export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return 'less than 1 s';
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** In UTC, to the second. */
export const momentText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** `10m`, or a moment in ISO 8601, as milliseconds since 1970. @throws Problem (2) that names the option */
export function readSince(option: string, text: string, now: number): number {
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(moment)) return moment;
  try {
    return now - milliseconds(text);
  } catch {
    throw usage(
      `${option}: '${text}' is neither a length of time (30s, 10m, 2h, 7d) nor a moment (2026-11-23T08:00:00Z)`,
    );
  }
}
