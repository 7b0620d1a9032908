import type { Backoff } from './backoff.ts';
import type { ContainerState } from './limits.ts';
import type { Reading } from './reading.ts';
import type { LogRecord } from './record.ts';
import type { Segment } from './segment-store.ts';

/** Whether a followed stream has shown the container's end, as far as a stream can. */
export class EndSeen {
  /** What the stream left without a newline; undefined when the end was not seen. */
  pieces: readonly LogRecord[] | undefined;
  #certain = false;

  look({ follow, opened, how, found, pieces, error }: Reading, state: ContainerState): void {
    if (opened) {
      this.pieces = follow && how === 'eof' && found ? pieces : undefined;
      this.#certain = state !== 'running';
    } else if (error?.kind !== 'notFound' && !this.#certain) {
      // An end of file while the container was thought to run, and then no answer: it may have written more since.
      this.pieces = undefined;
    }
  }
}

export interface FinishOptions {
  /** Reads once, without following; undefined when it failed with `error`. */
  readonly read: (signal: AbortSignal) => Promise<Reading | undefined>;
  readonly error: () => (Error & { readonly kind?: string }) | undefined;
  readonly segment: Segment;
  readonly backoff: Backoff;
  readonly endSeen: EndSeen;
  readonly stop: AbortSignal;
  readonly limitMs: number;
}

/** Reads what is left of an ended container's log: reaching the end of the file proves that nothing is missing. */
export async function finish({ stop, limitMs, ...options }: FinishOptions): Promise<void> {
  const limit = new AbortController();
  const abort = () => limit.abort(stop.reason);
  stop.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => limit.abort(new Error('too late')), limitMs);
  try {
    await readToEnd(options, stop, limit.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', abort);
  }
}

/** The end of the file of a container that had ended: there is no more. */
export const isWhole = ({ how, found, terminal }: Reading): boolean => how === 'eof' && found && terminal;

async function readToEnd(
  { read, error, segment, backoff, endSeen }: Omit<FinishOptions, 'stop' | 'limitMs'>,
  stop: AbortSignal,
  limit: AbortSignal,
): Promise<void> {
  let message = 'no answer';
  for (;;) {
    const reading = await read(limit);
    stop.throwIfAborted();
    if (reading && isWhole(reading)) return segment.end();
    const failure = error();
    if (failure?.kind === 'superseded') throw failure;
    if (failure?.kind === 'notFound') return gone(segment, endSeen.pieces);
    // The error of the read that the limit cut off says nothing.
    if (limit.aborted) return incomplete(segment, `the log could not be read to its end: ${message}`);
    message = failure?.message ?? message;
    await backoff.pause(limit);
  }
}

/** The pod is there no more. If the followed stream has shown the end, what it left is the container's last piece. */
async function gone(segment: Segment, pieces: readonly LogRecord[] | undefined): Promise<void> {
  if (!pieces) return incomplete(segment, 'the pod was gone before its log was read to the end');
  await segment.append(pieces);
  await segment.end();
}

/** Says in the log that its end is missing, once. */
export async function incomplete(segment: Segment, message: string): Promise<void> {
  if (segment.ledger.gap !== 'unread') await segment.addGap({ reason: 'unread', message });
}
