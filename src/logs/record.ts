import { crc32 } from 'node:zlib';
/** One line of a container's log, or a piece of one. */
export interface LogRecord {
  /** As the kubelet sent it: RFC 3339, nanoseconds, the node's zone. */
  readonly timestamp: string;
  readonly ns: bigint;
  /** The text as the container wrote it, without timestamp and newline. It may share memory with what was received. */
  readonly bytes: Buffer;
  /** False for a piece whose line goes on in the next record, or never ended. */
  readonly newline: boolean;
  /** So many bytes of the line came behind these, and were left out (`logs.maxLineBytes`). */
  readonly cut?: number;
}

/** Equal for records with the same instant and the same bytes. (The checksum only tells records of one nanosecond apart.) */
export const recordKey = ({ ns, bytes, cut = 0 }: Pick<LogRecord, 'ns' | 'bytes' | 'cut'>): string =>
  `${ns}.${bytes.length + cut}.${crc32(bytes)}`;

/** A record's text as a reader sees it: where a line was cut, it says so. */
export const shownBytes = ({ bytes, cut }: Pick<LogRecord, 'bytes' | 'cut'>): Buffer =>
  cut ? Buffer.concat([bytes, Buffer.from(`… [${cut} more bytes cut by logs.maxLineBytes]`)]) : bytes;

type Stamp = Pick<LogRecord, 'timestamp' | 'ns'>;

const newline = 0x0a;
const space = 0x20;
const kubeletTextLimit = 1024;
const pieceLimit = 4 * 1024 * 1024;

export interface SplitLimits {
  /** A longer line becomes several records. */
  readonly piece?: number;
  /** A longer line is cut: the rest of it is counted, and held nowhere. */
  readonly line?: number | undefined;
}

/**
 * Cuts the bytes of one log response into records, however they arrive. Where it cuts depends on the bytes alone, so the
 * same log read twice gives the same records.
 *
 * Every line begins with a timestamp, with three exceptions. At the start of a response, and in a last piece without a
 * newline, other bytes are the kubelet's own words (`unable to retrieve container logs for …`) or the rest of a line that
 * began before `sinceTime`: never log. Anywhere else they are a line that continues under the timestamp before it.
 */
export class Splitter {
  /** The kubelet's own words, at most 1 KiB. */
  kubeletText = '';
  readonly #pieceLimit: number;
  readonly #lineLimit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes of the present line's text that became records already, and bytes that were left out. */
  #emitted = 0;
  #cut = 0;
  /** The timestamp of the last record. */
  #stamp: Stamp | undefined;
  /** What the pending bytes are. `bare`: a line without a timestamp, which is text only if it has an end. */
  #pending: 'line' | 'text' | 'bare' | 'kubelet' = 'line';

  /** Memory is bounded by one piece. */
  constructor({ piece = pieceLimit, line = Infinity }: SplitLimits = {}) {
    this.#pieceLimit = piece;
    this.#lineLimit = line;
  }

  push(chunk: Buffer): LogRecord[] {
    const records: LogRecord[] = [];
    for (let from = 0; from < chunk.length;) {
      const at = chunk.indexOf(newline, from);
      this.#add(chunk.subarray(from, at === -1 ? chunk.length : at), records);
      if (at === -1) break;
      this.#endLine(records);
      from = at + 1;
    }
    return records;
  }

  /**
   * What is left at the end of the stream: the container's last piece if the container has terminated, else a torn line
   * that must be read again. Empty when it is the kubelet's own words, or a torn timestamp (`isKubelet`).
   */
  end(): { readonly pieces: readonly LogRecord[]; readonly isKubelet: boolean } {
    if (this.#size === 0 && this.#pending === 'line') return { pieces: [], isKubelet: false };
    const records: LogRecord[] = [];
    if (this.#pending === 'line') this.#readTimestamp(records);
    if (this.#pending === 'bare') this.#addKubeletText(this.#takeBuffered());
    if (this.#pending !== 'text') return { pieces: [], isKubelet: true };
    if (this.#size > 0 || this.#cut > 0) this.#emitLast(records, false);
    return { pieces: records, isKubelet: false };
  }

  #add(bytes: Buffer, records: LogRecord[]): void {
    if (this.#pending === 'text') return this.#addText(bytes, records);
    if (this.#pending === 'kubelet') return this.#addKubeletText(bytes);
    this.#buffer(bytes);
    if (this.#pending === 'line' && this.#size > timestampLength) this.#readTimestamp(records);
    // However the bytes were cut into chunks, a bare line is text from the same length on.
    if (this.#pending === 'bare' && this.#size > this.#pieceLimit + timestampLength + 1) this.#acceptBare(records);
  }

  #endLine(records: LogRecord[]): void {
    if (this.#pending === 'line') this.#readTimestamp(records);
    if (this.#pending === 'bare') this.#acceptBare(records);
    if (this.#pending === 'text') this.#emitLast(records, true);
    this.#pending = 'line';
    this.#emitted = this.#cut = 0;
  }

  /** Reads a line's timestamp; its beginning must be here. */
  #readTimestamp(records: LogRecord[]): void {
    const line = this.#takeBuffered();
    const at = line.subarray(0, timestampLength + 1).indexOf(space);
    const timestamp = at === -1 ? '' : line.toString('latin1', 0, at);
    const ns = parseTimestamp(timestamp);
    if (ns !== undefined) {
      this.#stamp = { timestamp, ns };
      this.#pending = 'text';
      return this.#addText(line.subarray(at + 1), records);
    }
    this.#pending = this.#stamp ? 'bare' : 'kubelet';
    if (this.#stamp) this.#buffer(line);
    else this.#addKubeletText(line);
  }

  #acceptBare(records: LogRecord[]): void {
    this.#pending = 'text';
    this.#addText(this.#takeBuffered(), records);
  }

  #addText(bytes: Buffer, records: LogRecord[]): void {
    const kept = Math.min(bytes.length, this.#lineLimit - this.#emitted - this.#size);
    this.#cut += bytes.length - kept;
    this.#buffer(bytes.subarray(0, kept));
    if (this.#size <= this.#pieceLimit) return;
    let text = this.#takeBuffered();
    for (; text.length > this.#pieceLimit; text = text.subarray(this.#pieceLimit))
      this.#emit(records, text.subarray(0, this.#pieceLimit));
    this.#buffer(text);
  }

  #emit(records: LogRecord[], bytes: Buffer): void {
    this.#emitted += bytes.length;
    if (this.#stamp) records.push({ ...this.#stamp, bytes, newline: false });
  }

  /** The last record of a line is the one that says what was cut. */
  #emitLast(records: LogRecord[], newline: boolean): void {
    if (this.#stamp)
      records.push({ ...this.#stamp, bytes: this.#takeBuffered(), newline, ...(this.#cut > 0 && { cut: this.#cut }) });
  }

  #addKubeletText(bytes: Buffer): void {
    this.kubeletText = (this.kubeletText + bytes.toString('utf8', 0, kubeletTextLimit)).slice(0, kubeletTextLimit);
  }

  #buffer(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  #takeBuffered(): Buffer {
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return bytes;
  }
}

/** A timestamp as the kubelet writes it before each line: RFC 3339 with up to nine decimals, in the node's zone. */
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** The longest one, without the space behind it: `2026-11-22T10:00:00.123456789+08:00`. */
export const timestampLength = 35;

export const second = 1_000_000_000n;

/** Nanoseconds since 1970; undefined when the text is no timestamp. (A `Date` would drop everything below a millisecond.) */
export function parseTimestamp(text: string): bigint | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, clock = '', decimals = '', zone = ''] = match;
  const wholeSecond = clock + zone;
  if (wholeSecond !== memo.text) memo = { text: wholeSecond, ns: parseSecond(wholeSecond) };
  return memo.ns === undefined ? undefined : memo.ns + BigInt(decimals.padEnd(9, '0'));
}

function parseSecond(text: string): bigint | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n;
}

/** Thousands of lines in a row have the same second. */
let memo: { readonly text: string; readonly ns: bigint | undefined } = { text: '', ns: undefined };

/** The `sinceTime` that surely includes this instant: whole seconds, because the API server cuts the rest off anyway. */
export function sinceTime(ns: bigint, marginSeconds: number): string {
  const seconds = Number(ns / second) - marginSeconds;
  return new Date(Math.max(0, seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Now, in the kubelet's format. */
export const timestampNow = (): string => new Date().toISOString().replace('Z', '000000Z');
