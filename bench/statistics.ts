/** What is said of many samples, and chance that a seed repeats. */

/** Between the two nearest values, in proportion. Undefined for no values. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5);
export const p95 = (values: readonly number[]): number | undefined => quantile(values, 0.95);
export const p99 = (values: readonly number[]): number | undefined => quantile(values, 0.99);

/** Numbers from 0 to below 1, always the same ones for the same seed (Marsaglia's xorshift, 32 bits). */
export function chance(seed: number): () => number {
  // Zero would stay zero, and near seeds begin alike.
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x1b56c4e9) | 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** A new array in an order by chance, each order as likely as any other. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
