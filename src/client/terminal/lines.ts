/** Lines of coloured text, cut to the width of a terminal, and a part of a terminal that is drawn again in place. */
import { styleText } from 'node:util';
import type { Colour, Screen } from './rows.ts';
import { nameText } from './stdout.ts';

export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export type Line = readonly Span[];

export const plain = (text: string): Line => [{ text }];
export const dim = (text: string): Line => [{ text, colour: 'dim' }];

/** With an empty line in front of them, if there are any. */
export const apart = (lines: readonly Line[]): readonly Line[] => (lines.length > 0 ? [[], ...lines] : []);

/** What it says is text, without escapes. Of whatever length elsewhere; without colours, unless it is a terminal. */
export function lineText(spans: Line, { isTTY, columns = Infinity }: Screen): string {
  const line = spans.map(({ text, colour }) => ({ text: nameText(text), colour }));
  if (!isTTY)
    return line
      .map(({ text }) => text)
      .join('')
      .trimEnd();
  let room = columns;
  return line
    .map(({ text, colour }) => {
      const characters = [...text];
      // The last cell says that there is more.
      const cut =
        characters.length > room
          ? `${characters.slice(0, Math.max(0, room - 1)).join('')}${room > 0 ? '…' : ''}`
          : text;
      room = Math.max(0, room - characters.length);
      return colour && cut ? styleText(colour, cut, { validateStream: false }) : cut;
    })
    .join('');
}

/** A cell as wide as its column. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

export const widthOf = (text: string): number => [...text].length;

/** A terminal that knows these two shows a frame as a whole; the others ignore them. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const UP = (lines: number) => (lines > 0 ? `\x1b[${lines}A\r` : '\r');
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_ALL = '\x1b[2J\x1b[H';

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'isTTY'>;

export class TerminalFrame {
  readonly #terminal: Terminal;
  #lines = 0;
  #shown = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many lines of it there is room for: the cursor has the last one of the terminal. */
  get room(): number {
    return Math.max(1, (this.#terminal.rows || 24) - 1);
  }

  /** Each line is cut to the width, and what is too much to the height. */
  draw(lines: readonly Line[]): void {
    const shown = lines.slice(0, this.room).map((line) => lineText(line, this.#terminal));
    const text = shown.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    if (text === this.#shown) return;
    this.#terminal.write(`${BEGIN}${UP(this.#lines)}${text}${CLEAR_BELOW}${END}`);
    this.#lines = shown.length;
    this.#shown = text;
  }

  /** Takes it away, so that what is printed next stands in its place. */
  clear(): void {
    this.#terminal.write(`${UP(this.#lines)}${CLEAR_BELOW}`);
    this.#forget();
  }

  /** Of another size, the terminal has broken the lines as it liked: where they begin is not known. */
  clearAll(): void {
    this.#terminal.write(CLEAR_ALL);
    this.#forget();
  }

  #forget(): void {
    this.#lines = 0;
    this.#shown = '';
  }
}
