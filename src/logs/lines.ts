/** What people see of a log: whole lines, the last lines, the level of a line. */
import { DEFAULT_TAIL_BYTES } from '../contract/defaults.ts';
import type { CallbackLine } from '../contract/index.ts';
import { shownBytes, type LogRecord } from './record.ts';

/** A longer line is shown cut: no display and no callback gets a text that memory would feel. */
const SHOWN_BYTES = 64 * 1024;

/** Makes whole lines of the stored records of one container, for displays and callbacks. */
export class Lines {
  readonly #container: string;
  readonly #show: (line: CallbackLine) => void;
  #timestamp: string | undefined;
  #pieces: Buffer[] = [];
  #size = 0;
  #beyond = 0;

  constructor(container: string, show: (line: CallbackLine) => void) {
    this.#container = container;
    this.#show = show;
  }

  add(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#timestamp ??= record.timestamp;
      const bytes = shownBytes(record);
      // Its memory is that of a whole chunk of the stream.
      const kept = bytes.subarray(0, SHOWN_BYTES - this.#size);
      this.#pieces.push(record.newline ? kept : Buffer.from(kept));
      this.#size += kept.length;
      this.#beyond += bytes.length - kept.length;
      if (record.newline) this.end();
    }
  }

  /** Shows what is there of a line that had no end. */
  end(): void {
    if (this.#timestamp === undefined) return;
    const text =
      Buffer.concat(this.#pieces).toString('utf8') + (this.#beyond > 0 ? `… [${this.#beyond} more bytes]` : '');
    const level = levelOf(text);
    const line = { container: this.#container, timestamp: this.#timestamp, text, ...(level && { level }) };
    this.#timestamp = undefined;
    this.#pieces = [];
    this.#size = this.#beyond = 0;
    this.#show(line);
  }
}

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

  constructor({ maxBytes = DEFAULT_TAIL_BYTES, maxLines = 40 }: { maxBytes?: number; maxLines?: number } = {}) {
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

/** The level that a line of a log names, where it does. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A level stands at the beginning of a line, or nowhere. */
const LOOK_AT = 200;

const NAMES: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  dbg: 'debug',
  verbose: 'debug',
  info: 'info',
  information: 'info',
  inf: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  critical: 'error',
  crit: 'error',
  fatal: 'error',
  panic: 'error',
  alert: 'error',
  emerg: 'error',
  emergency: 'error',
};
const LETTERS: Readonly<Record<string, Level>> = { D: 'debug', I: 'info', W: 'warn', E: 'error', F: 'error' };

/** `"level":"error"`, `"severity": "WARNING"`, and the numbers of pino and bunyan: `"level":50`. */
const json = /"(?:level|severity|lvl|log\.level|levelname|loglevel)"\s{0,4}:\s{0,4}(?:"([a-z]{1,12})"|(\d{1,3})\b)/i;
/** `level=warn`, `lvl="error"`. */
const logfmt = /(?:^|[\s,])(?:level|lvl|severity)\s?=\s?["']?([a-z]{1,12})\b/i;
/** klog and glog: `E0102 15:04:05.000000 …`. */
const klog = /^([DIWEF])\d{4} \d{2}:\d{2}:\d{2}/;
/** What stands before a level that stands apart: dates, times, zones, numbers of processes, a bracketed part or two. */
const preamble = /^(?:[\d:.,/TZ+-]{1,40}[\s|]{1,3}|\[[^\]]{1,60}\][\s:|-]{0,3}|\{[^}]{1,60}\}\s{1,3}){0,6}/;
/** `ERROR:`, `[WARN]`, `<info>`, `(debug)`, `WARNING:root:`, `ERROR - `, `INFO  com.example.Main`. */
const apart = /^[[(<|*\s]{0,3}([A-Za-z]{3,11})(?=[\])>|:\s,-]|$)[\])>|:\s,-]?/;

/**
 * Undefined when it does not say. A word in mixed case or without punctuation is a sentence, not a level: "Error rates are low",
 * "information about".
 */
export function levelOf(line: string): Level | undefined {
  const text = line.length > LOOK_AT ? line.slice(0, LOOK_AT) : line;
  if (text.trimStart().startsWith('{')) {
    const [, name, number] = json.exec(text) ?? [];
    return name ? named(name) : number ? numbered(Number(number)) : undefined;
  }
  const letter = klog.exec(text)?.[1];
  if (letter) return LETTERS[letter];
  return standingApart(text) ?? named(logfmt.exec(text)?.[1]);
}

function standingApart(text: string): Level | undefined {
  const head = preamble.exec(text)?.[0] ?? '';
  // A bracketed level is swallowed by the preamble: the last one of them counts.
  for (const [, inside] of head.matchAll(/\[\s{0,3}([A-Za-z]{3,11})\s{0,3}\]/g)) {
    const level = named(inside);
    if (level) return level;
  }
  const found = apart.exec(text.slice(head.length));
  const word = found?.[1];
  if (!found || !word) return undefined;
  const isMarked = /^[[(<|]|[\])>|:]$/.test(found[0].trim()) || head !== '' || word === word.toUpperCase();
  return isMarked && (word === word.toUpperCase() || word === word.toLowerCase() || /[:\])>|]$/.test(found[0]))
    ? named(word)
    : undefined;
}

const named = (name: string | undefined): Level | undefined => {
  const key = name?.toLowerCase() ?? '';
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
};

/** pino and bunyan: 10 trace … 60 fatal. Other numbers say nothing. */
function numbered(number: number): Level | undefined {
  if (number < 10 || number > 60) return undefined;
  return number < 30 ? 'debug' : number < 40 ? 'info' : number < 50 ? 'warn' : 'error';
}
