/** A graph for a terminal, or for a mail: a row for each task, its lines beside it. Pure. */
import { styleText } from 'node:util';
import { tableText, type Colour, type Column, type Screen } from '../../terminal/rows.ts';
import { STATE_COLOURS, STATE_ICONS } from '../task-state.ts';
import type { DrawnNode, DrawnState, Drawing } from './drawing.ts';
import { rowsOf, type Kind, type Lane, type Row } from './lanes.ts';

/** Lanes in a file or a pipe; on a terminal they take at most half of its width. */
const LANES = 24;

interface TextRow extends DrawnNode {
  readonly named: readonly string[];
}

/** Edges that others imply have no line. */
export function textOf({ title, nodes, edges }: Drawing, screen: Screen): string {
  const roots = nodes.filter(({ name }) => !edges.some(([, to]) => to === name));
  // Several that come after nothing hang from the title, else whatever stands below another would seem to come after it.
  const top = roots.length > 1;
  const names = [...(top ? [''] : []), ...nodes.map(({ name }) => name)];
  const hung = roots.map(({ name }) => ['', name, 'data'] as const);
  const columns = screen.isTTY ? screen.columns : undefined;
  const lanes = columns === undefined ? LANES : Math.max(4, Math.floor(columns / 4));
  const rows = rowsOf(
    names,
    [...(top ? hung : []), ...edges].map(([...edge]) => edge),
    lanes,
  );
  const { lines, width } = lineArt(top ? rows.slice(1) : rows);
  const known = new Map(nodes.map((node) => [node.name, node]));
  const shown = lines.flatMap(({ row }): TextRow[] => {
    const node = row && known.get(row.name);
    return node ? [{ ...node, named: row.named }] : [];
  });
  const room = columns === undefined ? screen : { ...screen, columns: Math.max(10, columns - width - 2) };
  const cells = tableText(shown, COLUMNS, room).split('\n').slice(1).values();
  const drawn = lines.map((line) => {
    const art = artText(line, known, screen);
    return line.row ? `${art}${' '.repeat(width - lengthOf(line) + 2)}${cells.next().value}` : art.trimEnd();
  });
  return [title, ...drawn].join('\n');
}

function artText({ before, row, after }: ArtLine, nodes: ReadonlyMap<string, DrawnNode>, screen: Screen): string {
  const node = row && nodes.get(row.name);
  if (!node) return before;
  const colour = colourOf(node.state);
  const icon = screen.isTTY && node.state !== 'planned' ? STATE_ICONS[node.state] : '●';
  const glyph = screen.isTTY && colour ? styleText(colour, icon) : icon;
  return `${before}${glyph}${after}`;
}

const colourOf = (state: DrawnState): Colour | undefined => (state === 'planned' ? undefined : STATE_COLOURS[state]);

const lengthOf = ({ before, after }: ArtLine): number => before.length + 1 + after.length;

const COLUMNS: readonly Column<TextRow>[] = [
  { title: '', text: ({ name }) => name },
  { title: '', text: ({ state }) => (state === 'planned' ? '' : state), colour: ({ state }) => colourOf(state) },
  { title: '', text: ({ notes }) => notes.join(' · ') },
  { title: '', text: ({ parent }) => (parent === undefined ? '' : `created by ${parent}`) },
  { title: '', text: ({ named }) => (named.length > 0 ? `after ${named.join(', ')}` : '') },
  { title: '', text: ({ error }) => error ?? '', colour: () => 'red' },
];

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

/** Of two nodes below each other nobody could tell whether they are joined: in between there is the line, or none. */
const needsGap = (row: Row, previous: Row | undefined): boolean =>
  previous?.at === row.at && (row.on !== undefined || previous.on !== undefined);

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
