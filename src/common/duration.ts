import ms, { type StringValue } from 'ms';

/**
 * A length of time: a string as `'90s'`, `'15m'`, `'1.5h'`, `'2d'`, or milliseconds. A spec with fewer than 100,000 of these is
 * refused: whoever writes `600` or `3600` there means seconds.
 */
export type Duration = number | string;

/**
 * Milliseconds of a `Duration`, read as Temporal reads its own.
 *
 *     const until = Date.now() + milliseconds('2h');
 *
 * @throws TypeError when it is not a length of time (`'5 bananas'`, NaN, a negative one)
 */
export function milliseconds(duration: Duration): number {
  // `ms` throws on an empty string and answers undefined to nonsense, whatever its types say.
  const value: number | undefined =
    typeof duration === 'number' ? duration : duration ? ms(duration as StringValue) : undefined;
  if (value === undefined || !Number.isFinite(value) || value < 0)
    throw new TypeError(`not a length of time: ${JSON.stringify(duration)}`);
  return value;
}

/** Whether `milliseconds` can read it. */
export function isLength(duration: Duration): boolean {
  try {
    return milliseconds(duration) >= 0;
  } catch {
    return false;
  }
}

/** Elsewhere in the field a bare number is seconds, up to a day's 86,400: none of these is believed to be milliseconds. */
const FEWEST = 100_000;

/** Whether it has no unit, and most likely lacks one. 0 needs none. */
export const isTooBare = (duration: Duration): boolean => Number(duration) > 0 && Number(duration) < FEWEST;

export const tooBareText = (duration: Duration): string =>
  `is ${Number(duration) / 1000} s; write "${duration}s" if seconds were meant, "${duration}ms" if not`;
