import { pause } from '../common/pause.ts';
import { Backoff } from '../common/retry.ts';
import type { ContainerState, FollowOptions } from './follow-options.ts';
import type { LogCounters } from './log-state.ts';
import { recordKey, type LogRecord } from './record.ts';
import { LogStoreError, type Segment } from './segments.ts';
import { SourceReader, type ReadResult } from './source-reader.ts';
import type { LogSource } from './stream.ts';

/** Follows the log of one container (one start of it) into a segment, and ends the segment. */
export const follow = (source: LogSource, segment: Segment, options: FollowOptions): Follower =>
  new Follower(source, segment, options);

/**
 * The life of one container's log. A stream's end never means that the container has ended: only its state does. As long as it
 * runs, streams are opened again and again; when it has ended, what is left is read until a read brings nothing new.
 */
export class Follower {
  readonly #segment: Segment;
  readonly #options: FollowOptions;
  readonly #reader: SourceReader;
  readonly #stop = new AbortController();
  /** Ends the following, not the reading of what is left. */
  readonly #stopFollowing = new AbortController();
  readonly #drainBegan = new AbortController();
  /** Ends a drain before its limit. */
  readonly #late = new AbortController();
  readonly #backoff: Backoff;
  #loop: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #deleting = false;
  #error: (Error & { kind?: string }) | undefined;
  readonly #endSeen = new EndSeen();

  constructor(source: LogSource, segment: Segment, options: FollowOptions) {
    this.#segment = segment;
    this.#options = options;
    this.#reader = new SourceReader(source, segment, options);
    this.#backoff = new Backoff(this.#reader.limits.backoff);
  }

  /** The whole log up to now, earlier attempts included. */
  get counters(): LogCounters {
    return { ...this.#segment.logState.counters };
  }

  /** The last lines, as the container wrote them. */
  get tail(): string {
    return this.#segment.logState.tail.toString();
  }

  /** What is wrong with the log at the moment, in words; undefined when nothing is. */
  get note(): string | undefined {
    return this.#reader.live ? undefined : this.#error?.message;
  }

  /** What kept the end of a drained log out of the storage; undefined when it is there, or was not to be had. */
  get refusal(): LogStoreError | undefined {
    return !this.#ended && this.#error instanceof LogStoreError ? this.#error : undefined;
  }

  /** Follows in the background, as long as the container runs, and reads what is left then. Never throws: see `note`. */
  start(): void {
    this.#loop ??= this.#follow();
  }

  /** True as soon as a stream is open that stores whatever comes; false when there is none after so long, or can be none. */
  async opened(limitMs: number): Promise<boolean> {
    this.start();
    if (this.#reader.live) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reader.onLive = resolve;
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([promise, this.#loop]);
    clearTimeout(timer);
    return this.#reader.live;
  }

  /** For a container that has terminated, in a pod that stays for now: makes the log complete, or says in it why not. */
  drain(limitMs: number): Promise<LogCounters> {
    return this.#drain(limitMs, () => this.#reader.endFollowing());
  }

  /** For a pod that is being deleted: keeps a stream open until the container has ended or the pod is gone. */
  drainOpen(limitMs: number): Promise<LogCounters> {
    return this.#drain(limitMs, () => {
      this.#deleting = true;
      this.start();
    });
  }

  /** A drain that is under way takes no longer than this. */
  hurry(limitMs: number): void {
    const late = () => {
      this.#stopFollowing.abort();
      this.#late.abort();
    };
    setTimeout(late, limitMs).unref();
  }

  /** Lets go at once. Nothing is lost: what is not stored yet will be read again by the next attempt. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the log is not followed any more'));
    this.#stopFollowing.abort();
    await this.#loop;
    if (!this.#draining) await this.#close();
  }

  get #draining(): boolean {
    return this.#drainBegan.signal.aborted;
  }

  /** The container's end is stored. */
  get #ended(): boolean {
    return this.#segment.logState.ended;
  }

  async #follow(): Promise<void> {
    await this.#whileRunning();
    await this.#onceEnded();
  }

  async #whileRunning(): Promise<void> {
    const { signal } = this.#stopFollowing;
    const wanted = () => !signal.aborted && (!this.#draining || this.#deleting) && this.#options.state() === 'running';
    while (wanted()) {
      const began = performance.now();
      const result = await this.#read(true, signal);
      const { kind } = result?.error ?? this.#error ?? {};
      if (kind === 'superseded' || (kind === 'notFound' && this.#deleting)) return;
      if (result?.how === 'eof' && wanted()) await this.#options.afterEnd?.(signal);
      if (!wanted()) return;
      const livedMs = performance.now() - began;
      if ((result?.fresh ?? 0) > 0 || livedMs > this.#reader.limits.backoff.mostMs) this.#backoff.reset();
      await this.#pause();
    }
  }

  /** At once, though its pod goes on: later the node may be gone, or the next start have taken the place of this one. */
  async #onceEnded(): Promise<void> {
    const { signal } = this.#stopFollowing;
    const wanted = () => !signal.aborted && !this.#draining && !this.#ended && this.#options.state() === 'terminated';
    while (wanted()) {
      await this.#read(false, signal);
      if (this.#endSeen.isConfirmed) await this.#storeEnd().catch((error: Error) => (this.#error = error));
      if (this.#ended || this.#error?.kind === 'superseded' || this.#error?.kind === 'notFound') return;
      if (!this.#endSeen.isNew) await this.#pause();
    }
  }

  /** Before the next stream. The beginning of a drain cuts it short. */
  async #pause(): Promise<void> {
    const signals = [this.#stopFollowing.signal, ...(this.#draining ? [] : [this.#drainBegan.signal])];
    await pause(this.#backoff.next(), AbortSignal.any(signals));
  }

  /** Reads once and remembers what went wrong; undefined when the storage failed. */
  async #read(following: boolean, signal: AbortSignal): Promise<ReadResult | undefined> {
    try {
      const result = await this.#reader.read(following, signal);
      this.#error = result.how === 'broken' ? result.error : undefined;
      this.#endSeen.look(result, this.#options.state());
      return result;
    } catch (error) {
      this.#endSeen.forget();
      this.#error = error instanceof Error ? error : new Error(String(error));
      return undefined;
    }
  }

  async #drain(limitMs: number, begin: () => void): Promise<LogCounters> {
    this.#drainBegan.abort();
    try {
      this.#stop.signal.throwIfAborted();
      if (!this.#ended && !this.#closed) {
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
    const left = () => (this.#late.signal.aborted ? 0 : deadline - performance.now());
    const timer = setTimeout(() => this.#stopFollowing.abort(), limitMs);
    await this.#loop;
    clearTimeout(timer);
    this.#stop.signal.throwIfAborted();
    if (this.#ended) return;
    if (this.#stopFollowing.signal.aborted && this.#options.state() === 'running')
      return this.#addUnread(`the container had not ended ${limitMs / 1000} s after its end was asked for`);
    await this.#finish(Math.max(this.#reader.limits.lastReadMs, left()));
  }

  /** Reads what is left of an ended container's log. */
  async #finish(limitMs: number): Promise<void> {
    const limit = new AbortController();
    const abort = () => limit.abort(new Error('too late'));
    const timer = setTimeout(abort, limitMs);
    // One that is late already has its last read.
    this.#late.signal.addEventListener('abort', abort);
    try {
      await this.#readToEnd(AbortSignal.any([this.#stop.signal, limit.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  async #readToEnd(limit: AbortSignal): Promise<void> {
    let message = 'no answer';
    for (;;) {
      await this.#read(false, limit);
      this.#stop.signal.throwIfAborted();
      if (this.#endSeen.isConfirmed) return this.#storeEnd();
      const failure = this.#error;
      if (failure?.kind === 'superseded') throw failure;
      if (failure?.kind === 'notFound') return this.#endWithout(failure.message);
      // The error of the read that the limit cut off says nothing.
      if (limit.aborted) return this.#addUnread(`the log could not be read to its end: ${message}`);
      message = failure?.message ?? message;
      if (!this.#endSeen.isNew) await pause(this.#backoff.next(), limit);
    }
  }

  /** There is no log to ask for any more: an end that was seen once has to do. */
  async #endWithout(why: string): Promise<void> {
    if (!this.#endSeen.pieces) return this.#addUnread(`the log was gone before it was read to the end: ${why}`);
    await this.#storeEnd();
  }

  async #storeEnd(): Promise<void> {
    await this.#reader.storePieces(this.#endSeen.pieces ?? []);
    await this.#segment.end();
  }

  /** Says in the log that its end is missing, once. */
  async #addUnread(message: string): Promise<void> {
    if (this.#segment.logState.gap !== 'unread') await this.#segment.addGap({ reason: 'unread', message });
  }

  #close(): Promise<void> {
    return (this.#closed ??= this.#segment.close());
  }
}

/**
 * What was seen of the container's end. A clean end of a stream may be that of a connection that broke, so the end is believed
 * when another read, after the container had ended, came to the same end.
 */
class EndSeen {
  /** What the end left without a newline; undefined when it was not seen. */
  pieces: readonly LogRecord[] | undefined;
  isConfirmed = false;
  /** Seen after the container had ended, and for the first time there: it is to be confirmed, without a wait. */
  isNew = false;
  /** Its container had ended. */
  #certain = false;
  /** Something was read to an end, or to a silence. */
  #hasRead = false;

  look(result: ReadResult, state: ContainerState): void {
    const { follow, opened, how, found, fresh, pieces, terminal, error } = result;
    const isEnd = how === 'eof' && found;
    const isSame = fresh === 0 && this.#hasRead && areEqual(pieces, this.pieces ?? []);
    this.isConfirmed = isEnd && terminal && isSame;
    this.isNew = isEnd && terminal && (fresh > 0 || !this.#hasRead);
    if (opened && how !== 'broken') this.#hasRead = true;
    if (isEnd && (follow || terminal)) {
      this.pieces = pieces;
      this.#certain = state !== 'running';
    } else if (opened ? follow || fresh > 0 : error?.kind !== 'notFound' && !this.#certain) {
      // It was not the end. Or nothing was heard after an end that came while the container was thought to run.
      this.pieces = undefined;
    }
  }

  /** The storage failed in the middle of a read. */
  forget(): void {
    this.pieces = undefined;
    this.isConfirmed = this.isNew = false;
  }
}

const areEqual = (some: readonly LogRecord[], others: readonly LogRecord[]): boolean =>
  some.map(recordKey).join() === others.map(recordKey).join();
