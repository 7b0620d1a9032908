/** How fast things are put right, from what the observer and the stored logs show of runs that nothing else has met. */

export const FIGURES = {
  killed: {
    what: 'worker killed → the stored log of its pod goes on',
    boundMs: 32_000,
    bound: 'heartbeat timeout + 2 s',
  },
  stopped: { what: 'worker told to stop → the next one goes on with the log', boundMs: 2_000, bound: '2 s' },
  cancelled: { what: 'run cancelled → DELETE of its pod', boundMs: 1_000, bound: '1 s (p95)' },
} as const;

export type Figure = keyof typeof FIGURES;
export const ALL_FIGURES = Object.keys(FIGURES) as Figure[];

/** One measurement, in milliseconds. */
export interface Measured {
  figure: Figure;
  ms: number;
}

/** Of sorted or unsorted numbers; undefined of none. */
export function percentile(all: readonly number[], share: number): number | undefined {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

/** Markdown. */
export function figuresTable(measured: Readonly<Record<Figure, readonly number[]>>): string {
  const seconds = (ms: number | undefined) => (ms === undefined ? '–' : (ms / 1000).toFixed(2));
  return [
    '| from → to | times | p50, s | p95, s | max, s | should be at most | later than that |',
    '|---|--:|--:|--:|--:|---|--:|',
    ...ALL_FIGURES.map((figure) => {
      const all = measured[figure];
      const { what, bound, boundMs } = FIGURES[figure];
      const shares = [0.5, 0.95, 1].map((share) => seconds(percentile(all, share)));
      return `| ${[what, all.length, ...shares, bound, all.filter((ms) => ms > boundMs).length].join(' | ')} |`;
    }),
  ].join('\n');
}
