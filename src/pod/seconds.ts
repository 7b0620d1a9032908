/** Whole seconds since the epoch of a Kubernetes time, which has no finer grain; 0 when there is none. */
export function seconds(time: Date | string | undefined): number {
  const ms = time === undefined ? NaN : new Date(time).getTime();
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

/**
 * In an earlier whole second. In the same one nobody can tell which came first, and a time that is not known (0) proves
 * nothing: a false success is the worse error.
 */
export const isEarlier = (first: number, second: number): boolean => first > 0 && second > 0 && first < second;
