/** The candidate nearest to what was typed, if one is near enough to have been meant. */
export function didYouMean(typed: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(typed.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3)),
    );
  return near.sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const costs = [at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + same];
      row.push(Math.min(...costs, ...(swapped ? [at(rows, i - 2, j - 2) + 1] : [])));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

const at = (rows: readonly number[][], i: number, j: number) => rows[i]?.[j] ?? 0;

interface Suggestion {
  /** How the candidate is written. Default: in single quotes. */
  readonly as?: (candidate: string) => string;
  /** What is said when none is near enough. Default: nothing. */
  readonly otherwise?: string;
}

/** The end of a refusal: `; did you mean 'hello'?` */
export function suggestion(
  typed: string,
  candidates: readonly string[],
  { as = (candidate) => `'${candidate}'`, otherwise = '' }: Suggestion = {},
): string {
  const meant = didYouMean(typed, candidates);
  return meant === undefined ? otherwise : `; did you mean ${as(meant)}?`;
}
