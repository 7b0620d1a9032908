import type { CallbackLine } from '../contract/index.ts';
import { levelOf } from './level.ts';
import { shownBytes, type LogRecord } from './record.ts';

/** A longer line is shown cut: who looks on gets no part of a log in one piece that memory would feel. */
const SHOWN_BYTES = 64 * 1024;

/** Makes whole lines of the stored records of one container, for whoever looks on. */
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
