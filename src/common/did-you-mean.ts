/** No name that is offered is longer: what was typed is no slip of one then. */
const LONGEST = 64;
/** So many are looked at: there is one thread for every pod of a worker, and anybody may mistype anything. */
const MOST = 1_000;

/** The candidate nearest to what was typed, if one is near enough to have been meant. */
export function didYouMean(typed: string, candidates: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  let nearest: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates.slice(0, MOST)) {
    const most = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3));
    // The distance is at least the difference in length.
    if (candidate.length > LONGEST || Math.abs(typed.length - candidate.length) > most) continue;
    const one = distance(typed.toLowerCase(), candidate.toLowerCase());
    if (one <= most && one < (nearest?.distance ?? Infinity)) nearest = { candidate, distance: one };
  }
  return nearest?.candidate;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function distance(a: string, b: string): number {
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const [twoAbove, oneAbove] = [above, row];
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const changed = Math.min(at(oneAbove, j) + 1, at(row, j - 1) + 1, at(oneAbove, j - 1) + same);
      row.push(swapped ? Math.min(changed, at(twoAbove, j - 2) + 1) : changed);
    }
    above = oneAbove;
  }
  return at(row, b.length);
}

const at = (row: readonly number[], column: number) => row[column] ?? 0;

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
