/** Time in a simulation: it passes when there is nothing else to do, from one thing that is due to the next. */

export interface Due {
  readonly at: number;
  readonly happen: () => void;
}

export class Clock {
  /** Milliseconds since 1970. */
  now: number;
  readonly #due: Due[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** @param ms from now; `Infinity` is never */
  after(ms: number, happen: () => void): Due {
    const due = { at: this.now + ms, happen };
    if (ms === Infinity) return due;
    // Of two at the same moment the one that was asked for first comes first.
    const place = this.#due.findLastIndex((other) => other.at <= due.at) + 1;
    this.#due.splice(place, 0, due);
    return due;
  }

  forget(due: Due): void {
    const place = this.#due.indexOf(due);
    if (place >= 0) this.#due.splice(place, 1);
  }

  /** Goes on to what is due next. False: nothing is. */
  next(): boolean {
    const due = this.#due.shift();
    if (!due) return false;
    this.now = due.at;
    due.happen();
    return true;
  }
}
