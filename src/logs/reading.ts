import { Aligner } from './align.ts';
import { followLimits, type FollowLimits, type FollowOptions } from './limits.ts';
import type { LogRecord } from './record.ts';
import { LogStoreError } from './segment-claim.ts';
import type { Segment } from './segment-store.ts';
import { LogStream, type LogSource, type StreamEnd } from './stream.ts';
import { sinceTime } from './timestamp.ts';

export interface Reading extends StreamEnd {
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
export class LogReading {
  /** A followed stream is open and past the cursor: whatever the container writes is stored. */
  live = false;
  onLive: () => void = () => undefined;
  readonly #source: LogSource;
  readonly #segment: Segment;
  readonly #options: FollowOptions;
  readonly limits: FollowLimits;
  #stream: LogStream | undefined;
  #settling = false;

  constructor(source: LogSource, segment: Segment, options: FollowOptions) {
    this.#source = source;
    this.#segment = segment;
    this.#options = options;
    this.limits = { ...followLimits, ...options.limits };
  }

  /** Lets the followed stream catch up and end; there will be no other. */
  settle(): void {
    this.#settling = true;
    this.#stream?.setIdle(this.limits.catchUpMs);
  }

  /**
   * Reads once to the end of the stream. Whether the cursor is really gone is decided by a read of the whole log that does
   * not follow: only there does the end of the stream mean that there is no more.
   */
  async read(follow: boolean, signal: AbortSignal): Promise<Reading> {
    const near = await this.#pass({ follow, near: true }, signal);
    if (near.found || near.how === 'broken' || (follow && this.#settling)) return near;
    const whole = await this.#pass({ follow: false, near: false }, signal);
    if (whole.found || whole.how !== 'eof') return whole;
    // The rotation went through a row of equal records: the last one there is the cursor.
    if (whole.seen > 0) return this.#pass({ follow: false, near: false, times: whole.seen }, signal);
    const message = 'Kubernetes has rotated the log: the last stored line is gone, lines after it may be missing';
    await this.#segment.addGap({ reason: 'rotated', message });
    return this.#pass({ follow: false, near: false }, signal);
  }

  async #pass({ follow, near, times }: Pass, signal: AbortSignal): Promise<Reading & { seen: number }> {
    const { ledger } = this.#segment;
    const { cursor, written } = ledger;
    const { marginSeconds, wholeBelowBytes, stallMs } = this.limits;
    const aligner = new Aligner(
      cursor && { ...cursor, times: times ?? cursor.times },
      near ? marginSeconds : undefined,
    );
    const terminal = !follow && this.#options.state() !== 'running';
    const since = near && cursor && written >= wholeBelowBytes ? sinceTime(cursor.ns, marginSeconds) : undefined;
    const patience = () => (follow ? this.#patience(aligner.state, ledger.written - written) : stallMs);
    const stream = new LogStream(
      this.#source,
      { follow, signal, ...(since && { sinceTime: since }) },
      { idleMs: Math.min(patience(), stallMs), maxLineBytes: this.#options.maxLineBytes },
    );
    let fresh = 0;
    const goLive = () => {
      stream.setIdle(patience());
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

  #patience(state: Aligner['state'], bytes: number): number {
    const { searchIdleMs, silenceMs, busySilenceMs, busyBytes, catchUpMs } = this.limits;
    if (this.#settling) return catchUpMs;
    if (state !== 'found') return searchIdleMs;
    return bytes < busyBytes ? silenceMs : busySilenceMs;
  }
}
