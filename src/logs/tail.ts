import { shownBytes, type LogRecord } from './record.ts';

type Piece = Pick<LogRecord, 'bytes' | 'newline' | 'cut'>;

interface Line {
  pieces: Buffer[];
  size: number;
}

/** The last lines of a log: whole lines, at most so many bytes and lines. Of a last line that is longer by itself, its end. */
export class Tail {
  readonly #maxBytes: number;
  readonly #maxLines: number;
  #lines: Line[] = [];
  #bytes = 0;
  #open = false;

  constructor({ maxBytes = 8192, maxLines = 40 }: { maxBytes?: number; maxLines?: number } = {}) {
    this.#maxBytes = maxBytes;
    this.#maxLines = maxLines;
  }

  add(records: readonly Piece[]): void {
    for (const record of records.slice(this.#firstThatCounts(records))) this.#addOne(record);
  }

  /** Of many records only the last ones can stay. */
  #firstThatCounts(records: readonly Piece[]): number {
    let lines = 0;
    for (let index = records.length - 1; index > 0; index--) {
      if (records[index - 1]?.newline && ++lines > this.#maxLines) return index;
    }
    return 0;
  }

  #addOne(record: Piece): void {
    const { newline } = record;
    const bytes = shownBytes(record);
    let line = this.#open ? this.#lines.at(-1) : undefined;
    if (!line) this.#lines.push((line = { pieces: [], size: 0 }));
    // A copy: the record's bytes are a view of something larger that must not be kept alive.
    const kept = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#maxBytes)));
    line.pieces.push(kept);
    line.size += kept.length;
    this.#bytes += kept.length;
    if (newline) this.#bytes += 1;
    this.#open = !newline;
    while (this.#lines.length > 1 && (this.#lines.length > this.#maxLines || this.#bytes > this.#maxBytes))
      this.#drop();
    if (line.size > this.#maxBytes) this.#shorten(line);
  }

  toBuffer(): Buffer {
    const newline = Buffer.from('\n');
    const all = this.#lines.flatMap(({ pieces }, index) => (index === 0 ? pieces : [newline, ...pieces]));
    const text = Buffer.concat(all);
    return text.subarray(Math.max(0, text.length - this.#maxBytes));
  }

  /** As text: bytes that are not UTF-8 become U+FFFD. For a terminal, `sanitise` it. */
  toString(): string {
    return this.toBuffer().toString('utf8');
  }

  #drop(): void {
    const line = this.#lines.shift();
    this.#bytes -= (line?.size ?? 0) + 1;
  }

  #shorten(line: Line): void {
    const text = Buffer.concat(line.pieces);
    line.pieces = [Buffer.from(text.subarray(text.length - this.#maxBytes))];
    this.#bytes -= line.size - this.#maxBytes;
    line.size = this.#maxBytes;
  }
}
