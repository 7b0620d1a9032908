/** Rows of lanes as lines of characters. Pure. */
import type { Kind } from './groups.ts';
import type { Lane, Row } from './lanes.ts';

/** By what meets: a line from above, below, left, right. */
const CORNERS: Record<string, string> = {
  '1101': '├',
  '1110': '┤',
  '1111': '┼',
  '1001': '╰',
  '1010': '╯',
  '1011': '┴',
  '0110': '╮',
  '0111': '┬',
};
const ALONG: Record<Kind, string> = { data: '│', order: '┊' };
const ACROSS: Record<Kind, string> = { data: '─', order: '╌' };

export interface ArtLine {
  readonly before: string;
  /** Absent in a line that only keeps two nodes apart. */
  readonly row?: Row;
  readonly after: string;
}

/** The node itself stands between `before` and `after`, which together are one column short of `width`. */
export function lineArt(rows: readonly Row[]): { lines: ArtLine[]; width: number } {
  const columns = Math.max(1, ...rows.map(({ at, below }) => 1 + Math.max(at, ...below.map((lane) => lane.at))));
  const lines = rows.flatMap((row, index): ArtLine[] => {
    const line = { row, before: span(row, 0, row.at), after: span(row, row.at + 1, columns) };
    return needsGap(row, rows[index - 1]) ? [{ before: gap(row.above, columns), after: '' }, line] : [line];
  });
  return { lines, width: 2 * columns - 1 };
}

/** What stands directly below a node is taken for connected with it; and there a dotted line has to be seen. */
function needsGap(row: Row, previous: Row | undefined): boolean {
  if (previous?.at !== row.at) return false;
  return row.on ? row.on.kind === 'order' : previous.on !== undefined;
}

const gap = (lanes: readonly Lane[], columns: number): string =>
  Array.from({ length: columns }, (_, at) => along(laneAt(lanes, at))).join(' ');

function span(row: Row, from: number, to: number): string {
  const cells = Array.from({ length: to - from }, (_, index) => {
    const at = from + index;
    // To the right of the node, what leads to a cell stands before it, to the left behind it.
    return at < row.at ? cell(row, at) + across(row, at, at + 1) : across(row, at - 1, at) + cell(row, at);
  });
  return cells.join('');
}

function cell(row: Row, at: number): string {
  const joins = row.output?.at === at || row.inputs.some((lane) => lane.at === at);
  const through = laneAt(row.above, at);
  if (!joins) return through ? along(through) : across(row, at < row.at ? at : at - 1, at < row.at ? at + 1 : at);
  const meets = [through, laneAt(row.below, at), across(row, at - 1, at) !== ' ', across(row, at, at + 1) !== ' '];
  return CORNERS[meets.map((there) => (there ? 1 : 0)).join('')] ?? '?';
}

/** The line between two neighbouring columns. */
function across({ at, inputs, output }: Row, left: number, right: number): string {
  const passing = [...inputs, ...(output ? [output] : [])].filter((lane) =>
    lane.at < at ? lane.at <= left && right <= at : at <= left && right <= lane.at,
  );
  if (passing.length === 0) return ' ';
  return ACROSS[passing.some(({ kind }) => kind === 'data') ? 'data' : 'order'];
}

const along = (lane: Lane | undefined): string => (lane ? ALONG[lane.kind] : ' ');

const laneAt = (lanes: readonly Lane[], at: number): Lane | undefined => lanes.find((lane) => lane.at === at);
