/** Whole seconds since the epoch of a Kubernetes time, which has no finer grain; 0 when there is none. */
export function seconds(time: Date | string | undefined): number {
  const ms = time === undefined ? NaN : new Date(time).getTime();
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
