/** A drawing of the results: a panel for each workload, a row for each subject, a dot for each sample, a stroke at the median. */
import type { Figures } from './figures.ts';
import { SUBJECTS, type SubjectId, type WorkloadId } from './plan.ts';
import { median } from './statistics.ts';
import { WORKLOADS } from './workloads.ts';

interface Row {
  readonly label: string;
  readonly colour: string;
  /** Seconds. */
  readonly values: number[];
}

const WIDTH = 860;
const LABELS = 250;
const RIGHT = 70;
const ROW = 24;
const HEAD = 34;
const FOOT = 26;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** 1, 2 or 5 times a power of ten, so that there are at most eight steps up to `most`. */
export function stepOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 8));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => most / step <= 8)!;
}

function panel(title: string, rows: readonly Row[], top: number): string {
  const most = Math.max(...rows.flatMap(({ values }) => values)) * 1.02;
  const x = (value: number) => (LABELS + (value / most) * (WIDTH - LABELS - RIGHT)).toFixed(1);
  const bottom = top + HEAD + rows.length * ROW;
  const step = stepOf(most);
  const marks = Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
  const grid = marks.map(
    (mark) =>
      `<line x1="${x(mark)}" x2="${x(mark)}" y1="${top + HEAD - 4}" y2="${bottom}" stroke="#ddd"/>` +
      `<text x="${x(mark)}" y="${bottom + 14}" text-anchor="middle" fill="#666">${Number(mark.toPrecision(6))} s</text>`,
  );
  const drawn = rows.map(({ label, colour, values }, at) => {
    const y = top + HEAD + at * ROW + ROW / 2;
    const middle = median(values) ?? 0;
    const dots = values.map(
      (value, index) =>
        `<circle cx="${x(value)}" cy="${(y + ((index % 5) - 2) * 2.2).toFixed(1)}" r="2.6" fill="${colour}" fill-opacity="0.45"/>`,
    );
    return (
      `<text x="${LABELS - 10}" y="${y + 4}" text-anchor="end">${escaped(label)}</text>${dots.join('')}` +
      `<line x1="${x(middle)}" x2="${x(middle)}" y1="${y - 9}" y2="${y + 9}" stroke="${colour}" stroke-width="2.5"/>` +
      `<text x="${WIDTH - RIGHT + 8}" y="${y + 4}" fill="${colour}">${middle.toFixed(2)}</text>`
    );
  });
  return [`<text x="10" y="${top + 18}" font-weight="bold">${escaped(title)}</text>`, ...grid, ...drawn].join('\n');
}

function rowsOf(figures: readonly Figures[], workload: WorkloadId): Row[] {
  const inSeconds = (values: readonly number[]) => values.map((value) => value / 1000);
  const row = (label: string, colour: string, values: readonly number[]): Row[] =>
    values.length === 0 ? [] : [{ label, colour, values: inSeconds(values) }];
  return (Object.keys(SUBJECTS) as SubjectId[]).flatMap((subject) => {
    const one = figures.find((figure) => figure.workload === workload && figure.subject === subject);
    if (!one) return [];
    if (subject === 'floor')
      return [
        ...row('floor: container ended', '#777', one.terminated),
        ...row('floor: phase terminal', '#aaa', one.phase),
      ];
    if (subject === 'ours')
      return [
        ...row('temporal-pods: result', '#0a6', one.result),
        ...row('temporal-pods: run closed', '#6b9', one.closed),
      ];
    return row(SUBJECTS[subject], subject.startsWith('kpo') ? '#c33' : '#36c', one.result);
  });
}

export function plot(figures: readonly Figures[], title: string): string {
  const panels = (['echo', 'chain', 'fan', 'flood'] as const)
    .map((workload) => ({ name: `${WORKLOADS[workload]}, from the start`, rows: rowsOf(figures, workload) }))
    .filter(({ rows }) => rows.length > 0);
  let top = 40;
  const drawn = panels.map(({ name, rows }) => {
    const at = top;
    top += HEAD + rows.length * ROW + FOOT;
    return panel(name, rows, at);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top + 10}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="10" y="24" font-size="15">${escaped(title)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
