import { crc32 } from 'node:zlib';
import type { LogRecord } from './record.ts';
import { second } from './timestamp.ts';

/** The last record that is stored: where to go on from. */
export interface Cursor {
  readonly ns: bigint;
  readonly key: string;
  /** How many stored records are equal to it, itself included: it is the n-th of its kind in the stream too. */
  readonly times: number;
}

/** Equal for records with the same instant and the same bytes. (The checksum only tells records of one nanosecond apart.) */
export const recordKey = ({ ns, bytes, cut = 0 }: Pick<LogRecord, 'ns' | 'bytes' | 'cut'>): string =>
  `${ns}.${bytes.length + cut}.${crc32(bytes)}`;

/**
 * Finds in a stream that is read again where the stored part ends, by content: the order of a log file is not the order of
 * time (2.8 ms of disorder seen), so whatever stands behind the cursor's record is new, and whatever stands before it is not.
 *
 * Equal records have equal timestamps, so `sinceTime` cuts off all of them or none, and counting them finds the right one.
 */
export class Aligner {
  /** `passed`: the stream is so far behind the cursor that it will not come any more. */
  state: 'searching' | 'found' | 'passed';
  /** How many records equal to the cursor have been seen. */
  seen = 0;
  readonly #cursor: Cursor | undefined;
  readonly #until: bigint | undefined;

  /** Without a cursor everything is new. With `window`, a record that many seconds later than the cursor ends the search. */
  constructor(cursor: Cursor | undefined, windowSeconds?: number) {
    this.#cursor = cursor;
    this.#until = cursor && windowSeconds !== undefined ? cursor.ns + BigInt(windowSeconds) * second : undefined;
    this.state = cursor ? 'searching' : 'found';
  }

  /** Returns the records that are new. */
  push(records: readonly LogRecord[]): readonly LogRecord[] {
    if (this.state === 'found') return records;
    for (const [index, record] of records.entries()) {
      if (this.state === 'passed') break;
      if (this.#isCursor(record)) return records.slice(index + 1);
      if (this.#until !== undefined && record.ns > this.#until) this.state = 'passed';
    }
    return [];
  }

  #isCursor(record: LogRecord): boolean {
    const cursor = this.#cursor;
    if (cursor?.ns !== record.ns || cursor.key !== recordKey(record)) return false;
    this.seen += 1;
    if (this.seen < cursor.times) return false;
    this.state = 'found';
    return true;
  }
}
