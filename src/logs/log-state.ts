import { Tail } from './lines.ts';
import { recordKey, type LogRecord } from './record.ts';

export interface LogCounters {
  lines: number;
  /** As the container wrote them: text and newlines, without timestamps. */
  bytes: number;
  /** Places where Kubernetes threw lines away. */
  gaps: number;
  /** What the limits left out, when they did. */
  dropped?: Dropped;
}

export interface Dropped {
  /** Left out as a whole. */
  lines: number;
  /** Of these lines, and of lines that were cut. */
  bytes: number;
}

/** The last record that is stored: where to go on from. */
export interface Cursor {
  readonly ns: bigint;
  readonly key: string;
  /** How many stored records are equal to it, itself included: it is the n-th of its kind in the stream too. */
  readonly times: number;
}

/** Stored where `maxBytes` left something out: what is left out so far, and where to go on from. */
export interface DroppedNote extends Dropped {
  /** The last record that was counted; `ns` as text, for JSON. */
  readonly at: { readonly ns: string; readonly key: string; readonly times: number };
  /** It ended without a newline. */
  readonly midLine?: boolean;
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
export class LogState {
  readonly counters: LogCounters = { lines: 0, bytes: 0, gaps: 0 };
  readonly tail: Tail;
  cursor: Cursor | undefined;
  /** Timestamp of the last record. */
  timestamp: string | undefined;
  /** The container's end was seen, and everything before it is stored. */
  ended = false;
  /** The last entry is a gap of this kind. */
  gap: Gap['reason'] | undefined;
  /** `maxBytes` is reached: nothing more is kept. */
  full = false;
  /** Bytes left out since the last stored note. */
  bytesSinceNote = 0;
  #midLine = false;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngSince = 0n;

  constructor(tail = new Tail()) {
    this.tail = tail;
  }

  /** Bytes that the container is known to have written. */
  get written(): number {
    return this.counters.bytes + (this.counters.dropped?.bytes ?? 0);
  }

  add(records: readonly LogRecord[]): void {
    for (const { bytes, newline, cut } of records) {
      if (!this.#midLine) this.counters.lines += 1;
      this.#midLine = !newline;
      this.counters.bytes += bytes.length + (newline ? 1 : 0);
      if (cut) this.#drop(0, cut);
    }
    this.#pass(records);
  }

  /** What is not kept is counted, and moves the cursor. The tail has it: a failure is explained by its last lines. */
  drop(records: readonly LogRecord[]): void {
    this.full = true;
    for (const { bytes, newline, cut = 0 } of records) {
      const size = bytes.length + cut + (newline ? 1 : 0);
      this.#drop(this.#midLine ? 0 : 1, size);
      this.bytesSinceNote += size;
      this.#midLine = !newline;
    }
    this.#pass(records);
  }

  /** What is to be stored, so that the next attempt counts on and not again. */
  get note(): DroppedNote | undefined {
    if (!this.cursor || !this.counters.dropped) return undefined;
    const { ns, key, times } = this.cursor;
    return { ...this.counters.dropped, at: { ns: `${ns}`, key, times }, ...(this.#midLine && { midLine: true }) };
  }

  /** A stored note. */
  addNote({ lines, bytes, at, midLine = false }: DroppedNote, timestamp: string): void {
    const ns = BigInt(at.ns);
    this.full = true;
    this.counters.dropped = { lines, bytes };
    this.cursor = { ns, key: at.key, times: at.times };
    this.timestamp = timestamp;
    this.gap = undefined;
    this.#midLine = midLine;
    this.#old = new Map();
    this.#young = new Map([[at.key, at.times]]);
    this.#youngSince = ns;
  }

  #drop(lines: number, bytes: number): void {
    const dropped = (this.counters.dropped ??= { lines: 0, bytes: 0 });
    dropped.lines += lines;
    dropped.bytes += bytes;
  }

  #pass(records: readonly LogRecord[]): void {
    const last = records.at(-1);
    if (!last) return;
    this.timestamp = last.timestamp;
    this.gap = undefined;
    // Equal records are as old as each other: how many older ones there were is not asked any more.
    for (const record of records) if (last.ns - record.ns < 2n * generation.ns) this.#count(record);
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
