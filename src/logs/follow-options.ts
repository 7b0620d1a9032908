import type { BackoffPolicy } from '../common/retry.ts';
import type { LogRecord } from './record.ts';

export type ContainerState = 'running' | 'terminated' | 'gone';

export interface FollowOptions {
  /** What the container is known to be now. */
  readonly state: () => ContainerState;
  /** Longer lines are cut. Must be the same for all attempts, or a stored line is not found again. */
  readonly maxLineBytes?: number | undefined;
  /** Called when a followed stream has ended cleanly, before it is opened again: it may have been the container's end. */
  readonly afterEnd?: (signal: AbortSignal) => Promise<void>;
  /** Called with what has just been stored, for a display. */
  readonly onRecords?: (records: readonly LogRecord[]) => void;
  readonly limits?: Partial<FollowLimits>;
}

export interface FollowLimits {
  /** How far before the cursor a log is read again; lines are never that much out of order. */
  readonly marginSeconds: number;
  /** A log smaller than this is always read again as a whole: then not even a stepping clock hides a line. */
  readonly wholeBelowBytes: number;
  /** Silence that ends the search for the cursor in a followed stream. */
  readonly searchIdleMs: number;
  /** Silence after which a followed stream is opened anew, lest it be dead. */
  readonly silenceMs: number;
  /**
   * The same for a stream that brought at least `busyBytes`. A kubelet that is flooded misses the rotation of the log: its
   * stream then stays at the end of the old file, and skips what comes until the next rotation, ten seconds later at the
   * soonest. Seen with Kubernetes 1.34, with `kubectl logs -f` as well: 64,000 lines without a sign.
   */
  readonly busySilenceMs: number;
  readonly busyBytes: number;
  /** Silence that ends a read that does not follow. */
  readonly stallMs: number;
  /** Silence after which a stream of a terminated container has caught up. */
  readonly catchUpMs: number;
  /** The last try, when the time given to `drainOpen` is over. */
  readonly lastReadMs: number;
  /** Waits between two streams, and between two reads. */
  readonly backoff: BackoffPolicy;
}

export const followLimits: FollowLimits = {
  marginSeconds: 2,
  wholeBelowBytes: 256 * 1024,
  searchIdleMs: 2000,
  silenceMs: 5 * 60_000,
  busySilenceMs: 2000,
  busyBytes: 1024 * 1024,
  stallMs: 30_000,
  catchUpMs: 150,
  lastReadMs: 1000,
  backoff: { firstMs: 100, mostMs: 5000 },
};
