/** What a campaign showed, fault by fault. */
import { ALL_FIGURES, figuresTable, type Figure } from './figures.ts';
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

/** What is added up over all rows. */
export interface Sums {
  runs: number;
  faults: number;
  pods: number;
  lines: number;
  histories: number;
}

/** A table as it is stored, so that several can be put together. */
export interface StoredTable {
  rows: Record<string, Row>;
  sums: Sums;
  measured: Record<Figure, number[]>;
  all: Row;
}

export class Table {
  readonly rows = new Map<string, Row>();
  readonly sums: Sums = { runs: 0, faults: 0, pods: 0, lines: 0, histories: 0 };
  readonly measured: Record<Figure, number[]> = { killed: [], stopped: [], cancelled: [] };
  readonly #all = emptyRow();

  toJSON(): StoredTable {
    return { rows: Object.fromEntries(this.rows), sums: this.sums, measured: this.measured, all: this.#all };
  }

  /** Takes in what another campaign has shown. */
  join({ rows, sums, measured, all }: StoredTable): void {
    for (const [kind, row] of Object.entries(rows)) joinRow(this.#row(kind), row);
    joinRow(this.#all, all);
    for (const name of Object.keys(this.sums) as (keyof Sums)[]) this.sums[name] += sums[name];
    for (const figure of ALL_FIGURES) this.measured[figure].push(...measured[figure]);
  }

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
    this.sums.faults += times;
  }

  /** One run, for every fault that met it. */
  add(kinds: Iterable<string>, verdict: Verdict, pods: number, histories: number): void {
    this.sums.runs++;
    this.sums.pods += pods;
    this.sums.lines += verdict.lines;
    this.sums.histories += histories;
    for (const { figure, ms } of verdict.measured) this.measured[figure].push(ms);
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

  /** All of it, as Markdown. */
  toMarkdown(): string {
    const { runs, faults, pods, lines, histories } = this.sums;
    return [
      this.toString(),
      '',
      figuresTable(this.measured),
      '',
      '| task runs | faults that acted | pods | lines compared | histories replayed |',
      '|--:|--:|--:|--:|--:|',
      `| ${[runs, faults, pods, lines, histories].join(' | ')} |`,
    ].join('\n');
  }
}

/** These are the worst of all runs, everything else is a sum. */
const WORST: readonly (keyof Row)[] = ['silence', 'lateEnd'];

function joinRow(row: Row, other: Row): void {
  for (const name of Object.keys(row) as (keyof Row)[])
    row[name] = WORST.includes(name) ? Math.max(row[name], other[name]) : row[name] + other[name];
}
