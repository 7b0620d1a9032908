/** A graph for a terminal, or for a mail: a row for each task, its lines beside it. Pure. */
import { styleText } from 'node:util';
import { tableText, type Colour, type Column, type Screen } from '../rows.ts';
import { STATE_COLOURS, STATE_ICONS } from '../task-state.ts';
import type { DrawnNode, DrawnState, Drawing } from './drawing.ts';
import { rowsOf } from './lanes.ts';
import { lineArt, type ArtLine } from './line-art.ts';

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
