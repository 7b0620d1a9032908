import { followLimits, type FollowLimits, type FollowOptions } from './follow-options.ts';
import type { Cursor } from './log-state.ts';
import { recordKey, second, sinceTime, type LogRecord } from './record.ts';
import { LogStoreError, type Segment } from './segments.ts';
import { LogStream, type LogSource, type StreamEnd } from './stream.ts';

/**
 * So much older than the place may a line be that stands behind it (2.8 ms seen). A log that begins later than that is surely
 * without the place.
 */
const DISORDER = 20_000_000n;
/** So many clean ends in a row before the place was found: it is gone, though the log does not begin behind it. */
const ENDS_IN_A_ROW = 5;

/** `pieces`: after `eof`, those that are not stored yet. */
export interface ReadResult extends StreamEnd {
  /** Whether the place to go on from was found, so that what came after it is stored. */
  readonly found: boolean;
  readonly follow: boolean;
  /** Whether the container had ended before the stream was opened. */
  readonly terminal: boolean;
  /** Records stored. */
  readonly fresh: number;
}

interface Pass {
  readonly follow: boolean;
  readonly near: boolean;
  readonly times?: number;
}

interface PassResult extends ReadResult {
  /** How many records equal to the cursor have been seen. */
  readonly seen: number;
  /** When the log begins, as far as it was read. */
  readonly first: bigint | undefined;
}

const ENDED_EARLY = 'the log ended before the place from which it is to be read on';

/** Reads a container's log from where the stored part ends, and stores what is new. */
export class SourceReader {
  /** A followed stream is open and past the cursor: whatever the container writes is stored. */
  live = false;
  onLive: () => void = () => undefined;
  readonly #source: LogSource;
  readonly #segment: Segment;
  readonly #options: FollowOptions;
  readonly limits: FollowLimits;
  #stream: LogStream | undefined;
  #ending = false;
  /** Reads of the whole log in a row that ended cleanly, and had not found the place. */
  #misses = 0;

  constructor(source: LogSource, segment: Segment, options: FollowOptions) {
    this.#source = source;
    this.#segment = segment;
    this.#options = options;
    this.limits = { ...followLimits, ...options.limits };
  }

  /** Lets the followed stream catch up and end; there will be no other. */
  endFollowing(): void {
    this.#ending = true;
    this.#stream?.setIdle(this.limits.catchUpMs);
  }

  /**
   * Reads once to the end of the stream. Whether the cursor is really gone is decided by reads of the whole log that do not
   * follow. A clean end is no proof: the API server ends a stream so, too, when its own connection to the kubelet breaks.
   */
  async read(follow: boolean, signal: AbortSignal): Promise<ReadResult> {
    const near = await this.#pass({ follow, near: true }, signal);
    if (near.found || near.how === 'broken' || (follow && this.#ending)) return near;
    const whole = await this.#pass({ follow: false, near: false }, signal);
    if (whole.found || whole.how !== 'eof') return whole;
    if (!this.#isGone(whole)) return { ...whole, how: 'broken', error: new Error(ENDED_EARLY) };
    // The rotation went through a row of equal records: the last one there is the cursor.
    if (whole.seen > 0) return this.#pass({ follow: false, near: false, times: whole.seen }, signal);
    const message = 'Kubernetes has rotated the log: the last stored line is gone, lines after it may be missing';
    await this.#segment.addGap({ reason: 'rotated', message });
    return this.#pass({ follow: false, near: false }, signal);
  }

  /** Stores what an ended container left without a newline. */
  async storePieces(pieces: readonly LogRecord[]): Promise<void> {
    await this.#store(pieces);
  }

  /** Where clocks were set back, what is left never looks younger than the place. */
  #isGone({ first }: PassResult): boolean {
    const { cursor } = this.#segment.logState;
    this.#misses += 1;
    return (cursor && first !== undefined && first > cursor.ns + DISORDER) || this.#misses >= ENDS_IN_A_ROW;
  }

  async #store(records: readonly LogRecord[]): Promise<void> {
    const kept = await this.#segment.append(records).catch((error: unknown) => {
      if (error instanceof LogStoreError) this.#options.onRecords?.(records.slice(0, error.stored));
      throw error;
    });
    if (kept.length > 0) this.#options.onRecords?.(kept);
  }

  async #pass({ follow, near, times }: Pass, signal: AbortSignal): Promise<PassResult> {
    const { logState } = this.#segment;
    const { cursor, written } = logState;
    const { marginSeconds, wholeBelowBytes, stallMs } = this.limits;
    const aligner = new Aligner(
      cursor && { ...cursor, times: times ?? cursor.times },
      near ? marginSeconds : undefined,
    );
    const terminal = !follow && this.#options.state() !== 'running';
    const since = near && cursor && written >= wholeBelowBytes ? sinceTime(cursor.ns, marginSeconds) : undefined;
    const idleMs = () => (follow ? this.#idleMs(aligner.state, logState.written - written) : stallMs);
    const stream = new LogStream(
      this.#source,
      { follow, signal, ...(since && { sinceTime: since }) },
      { idleMs: Math.min(idleMs(), stallMs), maxLineBytes: this.#options.maxLineBytes },
    );
    let fresh = 0;
    const goLive = () => {
      stream.setIdle(idleMs());
      if (!follow || this.live || aligner.state !== 'found') return;
      this.live = true;
      this.onLive();
    };
    const store = async (records: readonly LogRecord[]): Promise<boolean> => {
      const added = aligner.push(records);
      await this.#store(added);
      fresh += added.length;
      goLive();
      return aligner.state !== 'passed';
    };
    if (follow) this.#stream = stream;
    const end = await stream.read(store, goLive);
    this.live = false;
    this.#stream = undefined;
    const pieces = aligner.push(end.pieces);
    const { state, seen, first } = aligner;
    if (state === 'found') this.#misses = 0;
    return { ...end, pieces, follow, terminal, fresh, found: state === 'found', seen, first };
  }

  #idleMs(state: Aligner['state'], bytes: number): number {
    const { searchIdleMs, silenceMs, busySilenceMs, busyBytes, catchUpMs } = this.limits;
    if (this.#ending) return catchUpMs;
    if (state !== 'found') return searchIdleMs;
    return bytes < busyBytes ? silenceMs : busySilenceMs;
  }
}

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
  /** The time of the first record. */
  first: bigint | undefined;
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
    this.first ??= records[0]?.ns;
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
