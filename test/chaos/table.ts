/** What a campaign showed, fault by fault. */
import type { Verdict } from './oracle.ts';

export interface Row {
  planned: number;
  runs: number;
  fired: number;
  orphans: number;
  doubled: number;
  lost: number;
  marked: number;
  abandoned: number;
  repeated: number;
  wrong: number;
  silence: number;
  lateEnd: number;
}

const emptyRow = (): Row => ({
  planned: 0,
  runs: 0,
  fired: 0,
  orphans: 0,
  doubled: 0,
  lost: 0,
  marked: 0,
  abandoned: 0,
  repeated: 0,
  wrong: 0,
  silence: 0,
  lateEnd: 0,
});

export class Table {
  readonly rows = new Map<string, Row>();
  readonly cancelled: number[] = [];
  runs = 0;
  pods = 0;
  lines = 0;
  readonly #all = emptyRow();

  #row(kind: string): Row {
    const row = this.rows.get(kind) ?? emptyRow();
    this.rows.set(kind, row);
    return row;
  }

  /** A fault was in a plan that was carried out. */
  planned(kind: string): void {
    this.#row(kind).planned++;
  }

  fired(kind: string, times: number): void {
    this.#row(kind).fired += times;
  }

  /** One run, for every fault that met it. */
  add(kinds: Iterable<string>, verdict: Verdict, pods: number): void {
    this.runs++;
    this.pods += pods;
    this.lines += verdict.lines;
    if (verdict.cancelled !== undefined) this.cancelled.push(verdict.cancelled);
    const met = [...kinds];
    for (const row of [this.#all, ...(met.length > 0 ? met : ['nothing']).map((kind) => this.#row(kind))]) {
      row.runs++;
      row.orphans += verdict.orphans.length;
      row.doubled += verdict.doubled.length;
      row.lost += verdict.lost;
      row.marked += verdict.marked;
      row.abandoned += verdict.abandoned;
      row.repeated += verdict.repeated;
      row.wrong += verdict.wrong.length;
      row.silence = Math.max(row.silence, verdict.silence);
      row.lateEnd = Math.max(row.lateEnd, verdict.lateEnd ?? 0);
    }
  }

  /** Faults that were planned and never did anything. */
  get vain(): string[] {
    return [...this.rows]
      .filter(([kind, row]) => kind !== 'nothing' && row.planned > 0 && row.fired === 0)
      .map(([kind]) => kind);
  }

  get isClean(): boolean {
    const { orphans, doubled, lost, repeated, wrong } = this.#all;
    return orphans + doubled + lost + repeated + wrong === 0;
  }

  /** Markdown. */
  toString(): string {
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    const cells = (name: string, row: Row) =>
      `| ${[
        name,
        row.runs,
        name === 'nothing' || name === '**all**' ? '' : row.fired,
        row.orphans,
        row.doubled,
        `${row.lost} / ${row.repeated}`,
        `${row.marked} / ${row.abandoned}`,
        row.wrong,
        seconds(row.silence),
        seconds(row.lateEnd),
      ].join(' | ')} |`;
    return [
      '| fault | runs | fired | orphans | doubled | lines lost / repeated | lost with a mark / after a terminate or reset | wrong outcomes | slowest recovery of the log, s | slowest end, s |',
      '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
      ...[...this.rows].sort(([a], [b]) => a.localeCompare(b)).map(([name, row]) => cells(name, row)),
      cells('**all**', this.#all),
    ].join('\n');
  }
}

/** Of sorted or unsorted numbers; undefined of none. */
export function percentile(all: readonly number[], share: number): number | undefined {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}
