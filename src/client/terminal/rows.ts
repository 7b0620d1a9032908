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

/** Columns that are empty in every row are left out. On a terminal a line is cut at its edge, elsewhere it is whole. */
export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], screen: Screen): string {
  const all = columns.map((column) => ({ column, texts: rows.map((row) => shown(column.text(row))) }));
  const used = all.filter(({ texts }) => texts.some((text) => text !== ''));
  const widths = used.map(({ column, texts }) => Math.max(...[column.title, ...texts].map(widthOf)));
  const line = (cells: readonly string[], colours: readonly (Colour | undefined)[] = []) => {
    let room = screen.isTTY ? (screen.columns ?? Infinity) : Infinity;
    return cells
      .map((cell, at) => {
        const last = at === cells.length - 1;
        const padded = last ? cell : cell.padEnd(cell.length + (widths[at] ?? 0) - widthOf(cell) + 2);
        const cut = [...padded].slice(0, Math.max(0, room)).join('');
        room -= widthOf(padded);
        const colour = colours[at];
        return screen.isTTY && colour && cut ? styleText(colour, cut) : cut;
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

/** Leading spaces are the shape of a tree. */
const shown = (text: string): string => `${/^ */.exec(text)?.[0] ?? ''}${oneLine(text)}`;

const widthOf = (text: string): number => [...text].length;
