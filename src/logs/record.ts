import { parseTimestamp, timestampLength } from './timestamp.ts';

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

/** A record's text as a reader sees it: where a line was cut, it says so. */
export const shownBytes = ({ bytes, cut }: Pick<LogRecord, 'bytes' | 'cut'>): Buffer =>
  cut ? Buffer.concat([bytes, Buffer.from(`… [${cut} more bytes cut by logs.maxLineBytes]`)]) : bytes;

type Stamp = Pick<LogRecord, 'timestamp' | 'ns'>;

const newline = 0x0a;
const space = 0x20;
const speechLimit = 1024;
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
 * newline, other bytes are the kubelet speaking (`unable to retrieve container logs for …`) or the rest of a line that
 * began before `sinceTime`: never log. Anywhere else they are a line that continues under the timestamp before it.
 */
export class Splitter {
  /** What the kubelet said, at most 1 KiB. */
  speech = '';
  readonly #pieceLimit: number;
  readonly #lineLimit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes of the present line's text that became records already, and that were left out. */
  #given = 0;
  #cut = 0;
  /** The timestamp of the last record. */
  #stamp: Stamp | undefined;
  /** What the pending bytes are. `bare`: a line without a timestamp, which is text only if it has an end. */
  #pending: 'line' | 'text' | 'bare' | 'speech' = 'line';

  /** Memory is bounded by one piece. */
  constructor({ piece = pieceLimit, line = Infinity }: SplitLimits = {}) {
    this.#pieceLimit = piece;
    this.#lineLimit = line;
  }

  push(chunk: Buffer): LogRecord[] {
    const records: LogRecord[] = [];
    for (let from = 0; from < chunk.length;) {
      const at = chunk.indexOf(newline, from);
      this.#take(chunk.subarray(from, at === -1 ? chunk.length : at), records);
      if (at === -1) break;
      this.#endLine(records);
      from = at + 1;
    }
    return records;
  }

  /**
   * What is left at the end of the stream: the container's last piece if the container has terminated, else a torn line
   * that must be read again. Empty when the kubelet spoke (or the timestamp is torn): then `spoke` is true.
   */
  end(): { readonly pieces: readonly LogRecord[]; readonly spoke: boolean } {
    if (this.#size === 0 && this.#pending === 'line') return { pieces: [], spoke: false };
    const records: LogRecord[] = [];
    if (this.#pending === 'line') this.#open(records);
    if (this.#pending === 'bare') this.#speak(this.#release());
    if (this.#pending !== 'text') return { pieces: [], spoke: true };
    if (this.#size > 0 || this.#cut > 0) this.#giveLast(records, false);
    return { pieces: records, spoke: false };
  }

  #take(bytes: Buffer, records: LogRecord[]): void {
    if (this.#pending === 'text') return this.#keep(bytes, records);
    if (this.#pending === 'speech') return this.#speak(bytes);
    this.#hold(bytes);
    if (this.#pending === 'line' && this.#size > timestampLength) this.#open(records);
    // However the bytes were cut into chunks, a bare line is text from the same length on.
    if (this.#pending === 'bare' && this.#size > this.#pieceLimit + timestampLength + 1) this.#trust(records);
  }

  #endLine(records: LogRecord[]): void {
    if (this.#pending === 'line') this.#open(records);
    if (this.#pending === 'bare') this.#trust(records);
    if (this.#pending === 'text') this.#giveLast(records, true);
    this.#pending = 'line';
    this.#given = this.#cut = 0;
  }

  /** Reads a line's timestamp; its beginning must be here. */
  #open(records: LogRecord[]): void {
    const line = this.#release();
    const at = line.subarray(0, timestampLength + 1).indexOf(space);
    const timestamp = at === -1 ? '' : line.toString('latin1', 0, at);
    const ns = parseTimestamp(timestamp);
    if (ns !== undefined) {
      this.#stamp = { timestamp, ns };
      this.#pending = 'text';
      return this.#keep(line.subarray(at + 1), records);
    }
    this.#pending = this.#stamp ? 'bare' : 'speech';
    if (this.#stamp) this.#hold(line);
    else this.#speak(line);
  }

  #trust(records: LogRecord[]): void {
    this.#pending = 'text';
    this.#keep(this.#release(), records);
  }

  #keep(bytes: Buffer, records: LogRecord[]): void {
    const kept = Math.min(bytes.length, this.#lineLimit - this.#given - this.#size);
    this.#cut += bytes.length - kept;
    this.#hold(bytes.subarray(0, kept));
    if (this.#size <= this.#pieceLimit) return;
    let text = this.#release();
    for (; text.length > this.#pieceLimit; text = text.subarray(this.#pieceLimit))
      this.#give(records, text.subarray(0, this.#pieceLimit));
    this.#hold(text);
  }

  #give(records: LogRecord[], bytes: Buffer): void {
    this.#given += bytes.length;
    if (this.#stamp) records.push({ ...this.#stamp, bytes, newline: false });
  }

  /** The last record of a line is the one that says what was cut. */
  #giveLast(records: LogRecord[], newline: boolean): void {
    if (this.#stamp)
      records.push({ ...this.#stamp, bytes: this.#release(), newline, ...(this.#cut > 0 && { cut: this.#cut }) });
  }

  #speak(bytes: Buffer): void {
    this.speech = (this.speech + bytes.toString('utf8', 0, speechLimit)).slice(0, speechLimit);
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  #release(): Buffer {
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return bytes;
  }
}
