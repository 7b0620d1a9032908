import { recordKey, type Cursor } from './align.ts';
import type { LogRecord } from './record.ts';
import { Tail } from './tail.ts';

export interface LogCounters {
  lines: number;
  /** As the container wrote them: text and newlines, without timestamps. */
  bytes: number;
  /** Places where Kubernetes threw lines away. */
  gaps: number;
}

/**
 * `rotated`: the record to go on from is in the log no more; what follows is all that Kubernetes still has.
 * `unread`: the container's end was not seen; lines may be missing here.
 */
export interface Gap {
  readonly reason: 'rotated' | 'unread';
  readonly message: string;
}

/** How long equal records may lie apart in a log, and how many records are remembered at most, twice over. */
const generation = { ns: 20_000_000n, records: 65_536 };

/** What is known of the stored log of one container: counters, the cursor, the last lines. Fed with every entry, in order. */
export class Ledger {
  readonly counters: LogCounters = { lines: 0, bytes: 0, gaps: 0 };
  readonly tail: Tail;
  cursor: Cursor | undefined;
  /** Timestamp of the last record. */
  timestamp: string | undefined;
  /** The container's end was seen, and everything before it is stored. */
  ended = false;
  /** The last entry is a gap of this kind. */
  gap: Gap['reason'] | undefined;
  #midLine = false;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngSince = 0n;

  constructor(tail = new Tail()) {
    this.tail = tail;
  }

  add(records: readonly LogRecord[]): void {
    const last = records.at(-1);
    if (!last) return;
    this.timestamp = last.timestamp;
    this.gap = undefined;
    for (const record of records) {
      if (!this.#midLine) this.counters.lines += 1;
      this.#midLine = !record.newline;
      this.counters.bytes += record.bytes.length + (record.newline ? 1 : 0);
      // Equal records are as old as each other: of those that are past, nobody will ask how many there were.
      if (last.ns - record.ns < 2n * generation.ns) this.#count(record);
    }
    this.tail.add(records);
  }

  addGap({ reason }: Gap): void {
    this.counters.gaps += 1;
    this.gap = reason;
    if (reason === 'unread') return;
    // What follows is read from the beginning of what is left: nothing of it is stored yet.
    this.cursor = undefined;
    this.#midLine = false;
    this.#young.clear();
    this.#old.clear();
  }

  #count(record: LogRecord): void {
    const { ns } = record;
    if (ns - this.#youngSince > generation.ns || this.#young.size >= generation.records) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSince = ns;
    }
    const key = recordKey(record);
    const times = (this.#young.get(key) ?? 0) + 1;
    this.#young.set(key, times);
    this.cursor = { ns, key, times: times + (this.#old.get(key) ?? 0) };
  }
}
