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
}

type Stamp = Pick<LogRecord, 'timestamp' | 'ns'>;

const newline = 0x0a;
const space = 0x20;
const speechLimit = 1024;

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
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** The timestamp of the last record. */
  #stamp: Stamp | undefined;
  /** What the pending bytes are: a line from its start, or the rest of one that was too long to be kept whole. */
  #pending: 'line' | 'text' | 'speech' = 'line';

  /** A line longer than `limit` bytes becomes several records, so memory is bounded by one such line. */
  constructor(limit = 4 * 1024 * 1024) {
    this.#limit = limit;
  }

  push(chunk: Buffer): LogRecord[] {
    const records: LogRecord[] = [];
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(newline, from);
      this.#hold(chunk.subarray(from, at === -1 ? chunk.length : at));
      if (at === -1) {
        // Only when it is certain that the text behind any timestamp is too long, or the cut would depend on the chunks.
        if (this.#size > this.#limit + timestampLength + 1) this.#hold(this.#cut(records, true));
        break;
      }
      const text = this.#cut(records, true);
      if (this.#pending === 'text' && this.#stamp) records.push({ ...this.#stamp, bytes: text, newline: true });
      this.#pending = 'line';
      from = at + 1;
    }
    return records;
  }

  /**
   * What is left at the end of the stream: the container's last piece if the container has terminated, else a torn line
   * that must be read again. Empty when the kubelet spoke (or the timestamp is torn): then `spoke` is true.
   */
  end(): { readonly pieces: readonly LogRecord[]; readonly spoke: boolean } {
    const records: LogRecord[] = [];
    if (this.#size === 0 && this.#pending === 'line') return { pieces: records, spoke: false };
    const text = this.#cut(records, false);
    if (this.#pending !== 'text' || !this.#stamp) return { pieces: [], spoke: true };
    if (text.length === 0) return { pieces: records, spoke: false };
    return { pieces: [...records, { ...this.#stamp, bytes: text, newline: false }], spoke: false };
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /** Takes the pending bytes, gives what is beyond the limit away as records, and returns the rest. */
  #cut(records: LogRecord[], more: boolean): Buffer {
    let text = this.#take();
    if (this.#pending === 'line') text = this.#open(text, more);
    if (this.#pending === 'speech') {
      this.speech = (this.speech + text.toString('utf8', 0, speechLimit)).slice(0, speechLimit);
      return Buffer.alloc(0);
    }
    for (; text.length > this.#limit && this.#stamp; text = text.subarray(this.#limit)) {
      records.push({ ...this.#stamp, bytes: text.subarray(0, this.#limit), newline: false });
    }
    return text;
  }

  #take(): Buffer {
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return bytes;
  }

  /** Reads a line's timestamp and returns its text. A whole line without one continues under the last one. */
  #open(line: Buffer, whole: boolean): Buffer {
    const at = line.subarray(0, timestampLength + 1).indexOf(space);
    const timestamp = at === -1 ? '' : line.toString('latin1', 0, at);
    const ns = parseTimestamp(timestamp);
    if (ns !== undefined) this.#stamp = { timestamp, ns };
    this.#pending = ns !== undefined || (whole && this.#stamp) ? 'text' : 'speech';
    return ns === undefined ? line : line.subarray(at + 1);
  }
}
