import { Backoff } from './backoff.ts';
import type { LogCounters } from './ledger.ts';
import { EndSeen, finish, incomplete, isWhole } from './finish.ts';
import type { FollowOptions } from './limits.ts';
import { LogReading, type Reading } from './reading.ts';
import { LogStoreError } from './segment-claim.ts';
import type { Segment } from './segment-store.ts';
import type { LogSource } from './stream.ts';

/** Follows the log of one container (one start of it) into a segment, and ends the segment. */
export const follow = (source: LogSource, segment: Segment, options: FollowOptions): Follower =>
  new Follower(source, segment, options);

/**
 * The life of one container's log. A stream's end never means that the container has ended: only its state does. As long as it
 * runs, streams are opened again and again; when it has ended, one read of what is left makes the log complete.
 */
export class Follower {
  readonly #segment: Segment;
  readonly #options: FollowOptions;
  readonly #reading: LogReading;
  readonly #stop = new AbortController();
  /** Ends the following, not the reading of what is left. */
  readonly #leave = new AbortController();
  readonly #backoff: Backoff;
  #loop: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #draining = false;
  #deleting = false;
  #error: (Error & { kind?: string }) | undefined;
  readonly #endSeen = new EndSeen();

  constructor(source: LogSource, segment: Segment, options: FollowOptions) {
    this.#segment = segment;
    this.#options = options;
    this.#reading = new LogReading(source, segment, options);
    this.#backoff = new Backoff(...this.#reading.limits.backoffMs);
  }

  /** The whole log up to now, earlier attempts included. */
  get counters(): LogCounters {
    return { ...this.#segment.ledger.counters };
  }

  /** The last lines, as the container wrote them. */
  get tail(): string {
    return this.#segment.ledger.tail.toString();
  }

  /** What is wrong with the log at the moment, in words; undefined when nothing is. */
  get note(): string | undefined {
    return this.#reading.live ? undefined : this.#error?.message;
  }

  /** What kept the end of a drained log out of the storage; undefined when it is there, or was not to be had. */
  get refusal(): LogStoreError | undefined {
    return !this.#segment.ledger.ended && this.#error instanceof LogStoreError ? this.#error : undefined;
  }

  /** Follows in the background, as long as the container runs, and reads what is left then. Never throws: see `note`. */
  start(): void {
    this.#loop ??= this.#follow();
  }

  /** True as soon as a stream is open that stores whatever comes; false when there is none after so long, or can be none. */
  async opened(limitMs: number): Promise<boolean> {
    this.start();
    if (this.#reading.live) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reading.onLive = resolve;
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([promise, this.#loop]);
    clearTimeout(timer);
    return this.#reading.live;
  }

  /** For a container that has terminated, in a pod that nobody deletes: makes the log complete, or says in it why not. */
  drain(limitMs: number): Promise<LogCounters> {
    return this.#drain(limitMs, () => this.#reading.settle());
  }

  /** For a pod that is being deleted: keeps a stream open until the container has ended or the pod is gone. */
  drainOpen(limitMs: number): Promise<LogCounters> {
    return this.#drain(limitMs, () => {
      this.#deleting = true;
      this.start();
    });
  }

  /** Lets go at once. Nothing is lost: what is not stored yet will be read again by the next attempt. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the log is not followed any more'));
    this.#leave.abort();
    await this.#loop;
    if (!this.#draining) await this.#close();
  }

  async #follow(): Promise<void> {
    await this.#whileRunning();
    await this.#onceEnded();
  }

  /** At once, though its pod goes on: later the node may be gone. What may start again is left alone: the next log could be that of the next start. */
  async #onceEnded(): Promise<void> {
    const wanted = () =>
      !this.#leave.signal.aborted &&
      !this.#draining &&
      !this.#options.afterEnd &&
      this.#options.state() === 'terminated';
    while (wanted()) {
      const reading = await this.#read(false, this.#leave.signal);
      if (reading && isWhole(reading)) await this.#segment.end().catch((error: Error) => (this.#error = error));
      if (this.#segment.ledger.ended || this.#error?.kind === 'superseded' || this.#error?.kind === 'notFound') return;
      await this.#backoff.pause(this.#leave.signal);
    }
  }

  async #whileRunning(): Promise<void> {
    const wanted = () =>
      !this.#leave.signal.aborted && !(this.#draining && !this.#deleting) && this.#options.state() === 'running';
    while (wanted()) {
      const began = performance.now();
      const reading = await this.#read(true, this.#leave.signal);
      const { kind } = reading?.error ?? this.#error ?? {};
      if (kind === 'superseded' || (kind === 'notFound' && this.#deleting)) return;
      if (reading?.how === 'eof' && wanted()) await this.#options.afterEnd?.(this.#leave.signal);
      if (!wanted()) return;
      if ((reading?.fresh ?? 0) > 0 || performance.now() - began > this.#reading.limits.backoffMs[1])
        this.#backoff.reset();
      await this.#backoff.pause(this.#leave.signal);
    }
  }

  /** Reads once and remembers what went wrong; undefined when the storage failed. */
  async #read(following: boolean, signal: AbortSignal): Promise<Reading | undefined> {
    try {
      const reading = await this.#reading.read(following, signal);
      this.#error = reading.how === 'broken' ? reading.error : undefined;
      if (following) this.#endSeen.look(reading, this.#options.state());
      return reading;
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      return undefined;
    }
  }

  async #drain(limitMs: number, begin: () => void): Promise<LogCounters> {
    this.#draining = true;
    try {
      this.#stop.signal.throwIfAborted();
      if (!this.#segment.ledger.ended && !this.#closed) {
        begin();
        await this.#end(limitMs);
      }
    } finally {
      await this.#close();
    }
    return this.counters;
  }

  async #end(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    const timer = setTimeout(() => this.#leave.abort(), limitMs);
    this.#backoff.wake();
    await this.#loop;
    clearTimeout(timer);
    this.#stop.signal.throwIfAborted();
    if (this.#segment.ledger.ended) return;
    if (this.#leave.signal.aborted && this.#options.state() === 'running') {
      return incomplete(this.#segment, `the container had not ended ${limitMs / 1000} s after its end was asked for`);
    }
    await finish({
      read: (signal) => this.#read(false, signal),
      error: () => this.#error,
      segment: this.#segment,
      backoff: this.#backoff,
      endSeen: this.#endSeen,
      stop: this.#stop.signal,
      limitMs: Math.max(this.#reading.limits.lastReadMs, deadline - performance.now()),
    });
  }

  #close(): Promise<void> {
    return (this.#closed ??= this.#segment.close());
  }
}
