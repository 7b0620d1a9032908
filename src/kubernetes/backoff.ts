/** Milliseconds to wait after so many failures in a row: doubling from 100 ms to 10 s, somewhere in the upper half of that. */
export function backoffMs(failures: number, random = Math.random()): number {
  if (failures <= 0) return 0;
  const full = Math.min(10_000, 100 * 2 ** (failures - 1));
  return Math.round(full * (0.5 + random / 2));
}
