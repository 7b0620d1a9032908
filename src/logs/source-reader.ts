import { followLimits, type FollowLimits, type FollowOptions } from './follow-options.ts';
import type { Cursor } from './log-state.ts';
import { recordKey, second, sinceTime, type LogRecord } from './record.ts';
import { LogStoreError, type Segment } from './segments.ts';
import { LogStream, type LogSource, type StreamEnd } from './stream.ts';

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
   * Reads once to the end of the stream. Whether the cursor is really gone is decided by a read of the whole log that does
   * not follow: only there does the end of the stream mean that there is no more.
   */
  async read(follow: boolean, signal: AbortSignal): Promise<ReadResult> {
    const near = await this.#pass({ follow, near: true }, signal);
    if (near.found || near.how === 'broken' || (follow && this.#ending)) return near;
    const whole = await this.#pass({ follow: false, near: false }, signal);
    if (whole.found || whole.how !== 'eof') return whole;
    // The rotation went through a row of equal records: the last one there is the cursor.
    if (whole.seen > 0) return this.#pass({ follow: false, near: false, times: whole.seen }, signal);
    const message = 'Kubernetes has rotated the log: the last stored line is gone, lines after it may be missing';
    await this.#segment.addGap({ reason: 'rotated', message });
    return this.#pass({ follow: false, near: false }, signal);
  }

  async #pass({ follow, near, times }: Pass, signal: AbortSignal): Promise<ReadResult & { seen: number }> {
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
      const kept = await this.#segment.append(added).catch((error: unknown) => {
        if (error instanceof LogStoreError) this.#options.onRecords?.(added.slice(0, error.stored));
        throw error;
      });
      fresh += added.length;
      if (kept.length > 0) this.#options.onRecords?.(kept);
      goLive();
      return aligner.state !== 'passed';
    };
    if (follow) this.#stream = stream;
    const end = await stream.read(store, goLive);
    this.live = false;
    this.#stream = undefined;
    if (end.how === 'eof' && terminal) await store(end.pieces);
    return { ...end, follow, terminal, fresh, found: aligner.state === 'found', seen: aligner.seen };
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
