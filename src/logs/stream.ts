import { setImmediate } from 'node:timers/promises';
import { Splitter, type LogRecord } from './record.ts';

export interface OpenLogOptions {
  readonly follow: boolean;
  /** RFC 3339, whole seconds, inclusive. */
  readonly sinceTime?: string;
  readonly signal: AbortSignal;
}

/**
 * One container's log as Kubernetes gives it, with timestamps. It rejects with an error whose `kind` says why (`notFound`:
 * the pod is gone; anything else is tried again). A broken stream throws from the iterator, a clean end of file ends it.
 */
export interface LogSource {
  openLog(options: OpenLogOptions): Promise<AsyncIterable<Uint8Array>>;
}

export interface StreamEnd {
  readonly how: 'eof' | 'broken' | 'idle' | 'left';
  readonly opened: boolean;
  readonly error?: Error & { readonly kind?: string };
  /** After `eof`: the piece without a newline. */
  readonly pieces: readonly LogRecord[];
}

/** A reason to stop reading that is not an error. */
class Idle extends Error {}

/** One stream of a container's log, from opening to its end. The consumer is awaited: that is the back-pressure. */
export class LogStream {
  readonly #source: LogSource;
  readonly #options: OpenLogOptions;
  readonly #cut = new AbortController();
  readonly #splitter: Splitter;
  #idleMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fail: ((reason: Error) => void) | undefined;

  /** The stream ends as `idle` when nothing comes for `idleMs`; longer lines than `maxLineBytes` are cut. */
  constructor(
    source: LogSource,
    options: OpenLogOptions,
    { idleMs, maxLineBytes }: { idleMs?: number; maxLineBytes?: number | undefined } = {},
  ) {
    this.#source = source;
    this.#options = options;
    this.#idleMs = idleMs;
    this.#splitter = new Splitter({ line: maxLineBytes });
  }

  /** From now on, silence for so long ends the stream; undefined: it may be silent. */
  setIdle(ms: number | undefined): void {
    this.#idleMs = ms;
    if (this.#fail) this.#arm();
  }

  /** Reads until the end, or until `consume` returns false. Never throws. */
  async read(
    consume: (records: readonly LogRecord[]) => Promise<boolean>,
    onOpen: () => void = () => undefined,
  ): Promise<StreamEnd> {
    const { signal } = this.#options;
    const abort = () => this.#abort(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    let opened = false;
    let iterator: AsyncIterator<Uint8Array> | undefined;
    try {
      const chunks = await this.#wait(this.#source.openLog({ ...this.#options, signal: this.#cut.signal }));
      opened = true;
      onOpen();
      iterator = chunks[Symbol.asyncIterator]();
      for (let count = 1; ; count++) {
        const next = await this.#wait(iterator.next());
        if (next.done) break;
        const { buffer, byteOffset, byteLength } = next.value;
        if (!(await consume(this.#splitter.push(Buffer.from(buffer, byteOffset, byteLength))))) {
          return { how: 'left', opened, pieces: [] };
        }
        // A long search appends nothing, so nothing else would let others run.
        if (count % 16 === 0) await setImmediate();
      }
      const { pieces, isKubelet } = this.#splitter.end();
      if (isKubelet) return { how: 'broken', opened, pieces: [], error: new KubeletError(this.#splitter.kubeletText) };
      return { how: 'eof', opened, pieces };
    } catch (error) {
      const how = error instanceof Idle ? 'idle' : 'broken';
      return { how, opened, pieces: [], error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      signal.removeEventListener('abort', abort);
      this.#abort(new Error('closed'));
      // Not awaited: an iterator that is waiting for bytes answers only after them.
      iterator?.return?.().catch(() => undefined);
    }
  }

  /** Waits for the source; an abort or idleness ends the wait even when the source does not heed its signal. */
  #wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle =
        <Value>(how: (value: Value) => void) =>
        (value: Value) => {
          this.#fail = undefined;
          clearTimeout(this.#timer);
          how(value);
        };
      promise.then(settle(resolve), settle(reject));
      this.#fail = reject;
      if (this.#cut.signal.aborted) this.#abort(this.#cut.signal.reason as Error);
      else this.#arm();
    });
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#idleMs !== undefined) this.#timer = setTimeout(() => this.#abort(new Idle('silent')), this.#idleMs);
  }

  #abort(reason: Error): void {
    clearTimeout(this.#timer);
    this.#cut.abort(reason);
    this.#fail?.(reason);
    this.#fail = undefined;
  }
}

/** What the kubelet wrote where the log should be. */
export class KubeletError extends Error {
  override readonly name = 'KubeletError';
  readonly kind = 'kubelet';
  constructor(text: string) {
    super(text || 'the log response ended in the middle of a timestamp');
  }
}
