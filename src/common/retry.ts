import { pause } from './pause.ts';

/** Waits that grow from `firstMs` to `mostMs`, each `factor` (default 2) times the one before. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly factor?: number;
}

/**
 * The waits of one loop. Each is somewhere between half and all of what the policy says, so that many who failed together do
 * not come back together. For a loop that is no plain retry: `await pause(backoff.next(), signal)`.
 */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #random: () => number;
  #fullMs: number;

  constructor(policy: BackoffPolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
    this.#fullMs = policy.firstMs;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const { mostMs, factor = 2 } = this.#policy;
    const ms = Math.min(this.#fullMs, mostMs) * (0.5 + this.#random() / 2);
    this.#fullMs = Math.min(this.#fullMs * factor, mostMs);
    return ms;
  }

  /** The last try went well. */
  reset(): void {
    this.#fullMs = this.#policy.firstMs;
  }
}

export interface RetryOptions extends BackoffPolicy {
  /** How often the work is done at most. Default: no limit. */
  readonly tries?: number;
  /** Ends the tries, and a wait between them. The work has to heed it by itself. */
  readonly signal?: AbortSignal | undefined;
  /** Trying again cannot help: the error is thrown as it is. Default: nothing is final. */
  readonly isFinal?: (error: unknown) => boolean;
  /** How long the other side asked us to wait (`Retry-After`), if it did. */
  readonly leastMs?: (error: unknown) => number | undefined;
  /** Called before each wait. What it throws ends the tries. */
  readonly onRetry?: (error: unknown, waitMs: number) => void;
  /** For tests. */
  readonly random?: () => number;
}

/**
 * Does the work until it succeeds.
 *
 * @throws what the work threw, when that is final or was the last try; the signal's reason, when another try would come after
 *   the signal has fired
 */
export async function retry<T>(work: () => T | Promise<T>, options: RetryOptions): Promise<T> {
  const { tries = Infinity, signal, isFinal = () => false, leastMs, onRetry, random } = options;
  const backoff = new Backoff(options, random);
  for (let left = tries - 1; ; left -= 1) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || isFinal(error)) throw error;
      signal?.throwIfAborted();
      const waitMs = Math.max(backoff.next(), leastMs?.(error) ?? 0);
      onRetry?.(error, waitMs);
      await pause(waitMs, signal);
    }
  }
}
