/** First by priority, then by arrival. Sorted as it is filled: nearly everything has the same priority, so it goes to the end. */
export class PriorityQueue<T> {
  readonly #items: { readonly item: T; readonly priority: number }[] = [];

  push(item: T, priority: number): void {
    this.#items.splice(this.countFrom(priority), 0, { item, priority });
  }

  peek(): T | undefined {
    return this.#items[0]?.item;
  }

  shift(): T | undefined {
    return this.#items.shift()?.item;
  }

  remove(item: T): void {
    const at = this.#items.findIndex((entry) => entry.item === item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  /** How many have this priority or a higher one. */
  countFrom(priority: number): number {
    let count = this.#items.length;
    while (count > 0 && this.#items[count - 1]!.priority < priority) count--;
    return count;
  }
}
