/** A part of a terminal that is drawn again in place. */
import { lineText, type Line } from './lines.ts';

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

  /** Of another size, the terminal has broken the lines as it liked: where they begin, nobody knows. */
  clearAll(): void {
    this.#terminal.write(CLEAR_ALL);
    this.#forget();
  }

  #forget(): void {
    this.#lines = 0;
    this.#shown = '';
  }
}
