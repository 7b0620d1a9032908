import type { LogSource, OpenLogOptions } from '../../src/logs/stream.ts';
import { parseTimestamp } from '../../src/logs/record.ts';

/** One record of the container runtime's log file. A line is one of them that is full, behind any number that are not. */
export interface RuntimeRecord {
  readonly ns: bigint;
  readonly text: Buffer;
  readonly full: boolean;
}

/** How a stream ends before its time: after so many bytes, by an error or by a clean end of file. */
export interface Cut {
  readonly after: number;
  readonly how: 'break' | 'eof';
}

export class KubernetesError extends Error {
  readonly kind: string;
  constructor(kind: string) {
    super(kind);
    this.kind = kind;
  }
}

/** 2026-11-22T10:00:00Z */
export const epoch = BigInt(Date.UTC(2026, 10, 22, 10)) * 1_000_000n;

export function formatTimestamp(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** The log of one container as a kubelet serves it: with its prefixes, its `sinceTime`, its rotation and its ways to break. */
export class FakeKubelet implements LogSource {
  readonly opened: OpenLogOptions[] = [];
  /** One for each stream to come, in order. */
  readonly cuts: Cut[] = [];
  /** Errors that refuse the next streams. */
  readonly refusals: Error[] = [];
  running = true;
  /** The pod is not there any more. */
  gone = false;
  /** What is said instead of a log. */
  speech: string | undefined;
  /** Bytes in one piece of a stream. */
  pieceSize = 65_536;
  records: RuntimeRecord[] = [];
  /** Only so many records have been written yet. */
  written = Infinity;
  /** A followed stream breaks instead of waiting for more. */
  impatient = false;
  /** How much clean cuts of an ended container's log left: two at the same place cannot be told from its end. */
  readonly #left = new Set<number>();
  #first = 0;
  #changed = Promise.withResolvers<void>();

  write(text: string | Buffer, { ns, full = true }: { ns?: bigint; full?: boolean } = {}): void {
    const last = this.records.at(-1)?.ns ?? epoch;
    const time = ns ?? last + 1_000_000n;
    this.records.push({ ns: time, text: typeof text === 'string' ? Buffer.from(text) : text, full });
    this.#change();
  }

  /** The runtime's file begins at this record from now on. */
  rotate(first: number): void {
    this.#first = Math.max(this.#first, first);
  }

  terminate(): void {
    this.running = false;
    this.#change();
  }

  get state(): 'running' | 'terminated' | 'gone' {
    return this.gone ? 'gone' : this.running ? 'running' : 'terminated';
  }

  /** The whole log as one response, for what a test expects. */
  whole(): Buffer {
    return Buffer.concat([...this.#render(0n, { next: 0, lineStart: true })]);
  }

  async openLog(options: OpenLogOptions): Promise<AsyncIterable<Buffer>> {
    this.opened.push(options);
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    if (this.gone) throw new KubernetesError('notFound');
    return this.#stream(options, this.cuts.shift());
  }

  async *#stream({ follow, sinceTime, signal }: OpenLogOptions, cut?: Cut): AsyncGenerator<Buffer> {
    if (this.speech !== undefined) {
      yield Buffer.from(this.speech);
      return;
    }
    const since = sinceTime === undefined ? 0n : this.#parseSince(sinceTime);
    const position = { next: this.#first, lineStart: true };
    let budget = cut?.after ?? Infinity;
    for (;;) {
      const changed = this.#changed.promise;
      const complete = !follow || !this.running;
      const bytes = Buffer.concat([...this.#render(since, position)]);
      const left = bytes.length - budget;
      for (let at = 0; at < bytes.length; at += this.pieceSize) {
        const piece = bytes.subarray(at, Math.min(at + this.pieceSize, bytes.length, at + budget));
        if (piece.length > 0) yield piece;
        budget -= piece.length;
        if (signal.aborted) throw new KubernetesError('aborted');
        if (budget <= 0) break;
      }
      const canBeTold = this.running || left <= 0 || !this.#left.has(left);
      if (budget <= 0 && !this.running) this.#left.add(left);
      if (budget <= 0 && cut?.how === 'eof' && canBeTold) return;
      if (budget <= 0) throw new KubernetesError('transient');
      if (complete) return;
      if (this.impatient) throw new KubernetesError('transient');
      await Promise.race([changed, rejection(signal)]);
    }
  }

  #parseSince(sinceTime: string): bigint {
    const since = parseTimestamp(sinceTime);
    if (since === undefined) throw new Error(`not a sinceTime: ${sinceTime}`);
    return since - (since % 1_000_000_000n);
  }

  *#render(since: bigint, position: { next: number; lineStart: boolean }): Generator<Buffer> {
    for (; position.next < Math.min(this.written, this.records.length); position.next++) {
      const record = this.records[position.next];
      if (!record) return;
      const prefix = position.lineStart ? `${formatTimestamp(record.ns)} ` : '';
      position.lineStart = record.full;
      if (record.ns >= since)
        yield Buffer.concat([Buffer.from(prefix), record.text, Buffer.from(record.full ? '\n' : '')]);
    }
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(new KubernetesError('aborted'));
    signal.addEventListener('abort', () => reject(new KubernetesError('aborted')));
  });
