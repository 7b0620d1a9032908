/** Pauses between tries: doubled from `minMs` to `maxMs`, each between half and all of it, so that followers do not march in step. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;
  #wake: (() => void) | undefined;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  /** The last try went well. */
  reset(): void {
    this.#nextMs = this.#minMs;
  }

  async pause(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const ms = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
    if (this.#wake) signal.removeEventListener('abort', this.#wake);
    this.#wake = undefined;
  }

  /** Ends the pause that is under way. */
  wake(): void {
    this.#wake?.();
  }
}
