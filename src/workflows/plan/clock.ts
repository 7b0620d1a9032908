/** Time in a plan: it passes when there is nothing else to do. So no pod misses a deadline, and no wait holds anything up. */
import { condition } from '@temporalio/workflow';
import { inMicrotask } from '../dag/context.ts';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

export class Clock {
  #now = 0;
  readonly #timers: Timer[] = [];

  /** Settles when all have gone on that can, and those that wait for less. */
  sleep(ms: number): Promise<void> {
    return new Promise((fire) => void this.#timers.push({ due: this.#now + ms, fire }));
  }

  /** Never ends. */
  async run(): Promise<never> {
    for (;;) {
      await this.#idle();
      // A condition that was looked at after this one may have been met at the same moment: what waits for it goes on first.
      await this.#idle();
      const next = this.#timers.reduce((first, timer) => (timer.due < first.due ? timer : first));
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = next.due;
      next.fire();
    }
  }

  /** The SDK looks at conditions when no code is left that could go on; and, too early, when they are made and when the workflow begins. */
  async #idle(): Promise<void> {
    let isEarly = true;
    await condition(() => {
      if (isEarly) inMicrotask(() => (isEarly = false));
      return !isEarly && this.#timers.length > 0;
    });
  }
}
