/** Rows for people and for programs: one way to print them for every command. Pure. */
import { styleText } from 'node:util';
import { jsonText, nameText, oneLine } from './stdout.ts';

export type RowFormat = 'table' | 'json' | 'jsonl' | 'name';
export const ROW_FORMATS: [RowFormat, ...RowFormat[]] = ['table', 'json', 'jsonl', 'name'];

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

export interface Column<Row> {
  readonly title: string;
  text(row: Row): string;
  colour?(row: Row): Colour | undefined;
  /** Where a text gives way that is too wide. Default: its end. The end of an id tells it from others. */
  readonly cut?: 'end' | 'middle';
}

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** `json` is one list, `jsonl` a document in each line, `name` the name in each line. */
export function rowsText<Row>(
  format: RowFormat,
  rows: readonly Row[],
  { columns, nameOf, screen }: { columns: readonly Column<Row>[]; nameOf: (row: Row) => string; screen: Screen },
): string {
  switch (format) {
    case 'json':
      return jsonText(rows);
    case 'jsonl':
      return rows.map((row) => jsonText(row, 0)).join('\n');
    case 'name':
      return rows.map((row) => nameText(nameOf(row))).join('\n');
    case 'table':
      return tableText(rows, columns, screen);
  }
}

/**
 * Columns that are empty in every row are left out. On a terminal that is too narrow the widest cells are cut, and end with `…`; every
 * column stays, as long as there is a cell for each. Elsewhere a line is whole.
 */
export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], screen: Screen): string {
  const all = columns.map((column) => ({ column, texts: rows.map((row) => shown(column.text(row))) }));
  const used = all.filter(({ texts }) => texts.some((text) => text !== ''));
  const room = screen.isTTY ? (screen.columns ?? Infinity) : Infinity;
  const wanted = used.map(({ column, texts }) => Math.max(...[column.title, ...texts].map(widthOf)));
  const widths = fitting(wanted, room - GAP * (used.length - 1));
  const line = (cells: readonly string[], colours: readonly (Colour | undefined)[] = []) => {
    let left = room;
    return cells
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const cell = cut(text, width, used[at]?.column.cut);
        const padded = at === cells.length - 1 ? cell : cell + ' '.repeat(width - widthOf(cell) + GAP);
        // Where there is not even a cell for each column, the last ones go.
        const there = [...padded].slice(0, Math.max(0, left)).join('');
        left -= widthOf(padded);
        const colour = colours[at];
        return screen.isTTY && colour && there ? styleText(colour, there) : there;
      })
      .join('')
      .trimEnd();
  };
  const header = line(used.map(({ column }) => column.title));
  const body = rows.map((row, at) =>
    line(
      used.map(({ texts }) => texts[at] ?? ''),
      used.map(({ column }) => column.colour?.(row)),
    ),
  );
  return [header, ...body].join('\n');
}

/** Between two columns. */
const GAP = 2;

/** The widest give way, to one width for all of them; what is narrower keeps its own. */
function fitting(wanted: readonly number[], room: number): number[] {
  let left = room;
  const narrowFirst = wanted.map((width, at) => ({ width, at })).sort((a, b) => a.width - b.width);
  const widths: number[] = [];
  narrowFirst.forEach(({ width, at }, before) => {
    const given = Math.max(1, Math.min(width, Math.floor(left / (wanted.length - before))));
    widths[at] = given;
    left -= given;
  });
  return widths;
}

function cut(text: string, width: number, where: 'end' | 'middle' = 'end'): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const tail = where === 'middle' ? Math.floor((width - 1) / 2) : 0;
  return [...characters.slice(0, width - 1 - tail), '…', ...characters.slice(characters.length - tail)].join('');
}

/** Leading spaces are the shape of a tree. */
const shown = (text: string): string => `${/^ */.exec(text)?.[0] ?? ''}${oneLine(text)}`;

const widthOf = (text: string): number => [...text].length;
