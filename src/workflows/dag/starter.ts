import { inMicrotask } from './context.ts';
import type { Gate } from './gate.ts';
import { PriorityQueue } from './priority-queue.ts';

interface Start {
  readonly priority: number;
  readonly begin: () => void;
}

/**
 * Calls the functions of tasks: in a microtask, and no more of them than the gate can soon serve. An activation may take 5 s
 * and a promise in the sandbox costs some 50 µs, so 2,000 functions are not called at once.
 *
 * Only pods hold it back, at the gate or running; they end, and then it goes on. A function that waits for anything else does
 * not count. So a task that is not started yet never keeps one waiting that was: no deadlock, whatever they wait for.
 */
export class Starter {
  readonly #gate: Gate;
  readonly #waiting = new PriorityQueue<Start>();
  #planned = false;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add(start: Start): void {
    this.#waiting.push(start, start.priority);
    this.plan();
  }

  plan(): void {
    if (this.#planned || !this.#waiting.peek()) return;
    this.#planned = true;
    inMicrotask(() => {
      this.#planned = false;
      this.#round();
    });
  }

  /** A function reaches the gate at once or some microtasks later, so it goes round by round, with a look at the gate between. */
  #round(): void {
    for (let begun = 0; begun < this.#gate.max; begun++) {
      const next = this.#waiting.peek();
      if (!next || !this.#gate.isNear(next.priority)) return;
      this.#waiting.shift();
      next.begin();
    }
    this.plan();
  }
}
