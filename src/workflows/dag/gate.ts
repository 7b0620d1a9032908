/** How many pods run at once: the gate where they wait, and how many functions of tasks are called ahead of it. */
import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { notStarted } from './failures.ts';
import type { TaskNode } from './task-node.ts';
import { afterMicrotasks, inMicrotask } from './context.ts';

/** So many pass from the end of a pod to that of its task, a few `await`s of its author's included. */
const TO_THE_END_OF_A_TASK = 50;

interface Ticket {
  readonly node: TaskNode;
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
  readonly otherwise: Error | undefined;
}

/**
 * Where pods wait for their turn. It limits pods, not tasks: a task that waits for another holds nothing, so no limit, not
 * even 1, can make a DAG wait for itself.
 */
export class Gate {
  readonly #max: number;
  readonly #queue = new PriorityQueue<Ticket>();
  readonly #onRoom: () => void;
  readonly #stopsOnFailure: boolean;
  #running = 0;
  #isPaused = false;
  #shutBecause: string | undefined;

  /** @param stopsOnFailure the failure of a task may shut it: then the slot of a failed pod is not given away before that is known */
  constructor(max: number, onRoom: () => void, { stopsOnFailure = false } = {}) {
    this.#max = max;
    this.#onRoom = onRoom;
    this.#stopsOnFailure = stopsOnFailure;
  }

  /** @param otherwise what is thrown instead of `DagNotStarted` when nothing new starts any more */
  async enter(node: TaskNode, otherwise?: Error): Promise<void> {
    if (this.#shutBecause !== undefined) throw otherwise ?? notStarted(node.name, this.#shutBecause);
    const scope = CancellationScope.current();
    const cancelled = () => new CancelledFailure(`'${node.name}' was cancelled before its pod started`);
    if (scope.consideredCancelled) throw cancelled();
    node.queued++;
    try {
      await new Promise<void>((admit, refuse) => {
        const ticket: Ticket = { node, admit, refuse, otherwise };
        this.#queue.push(ticket, node.priority);
        if (scope.cancellable) scope.cancelRequested.catch(() => this.#drop(ticket, cancelled()));
        this.#admit();
      });
    } finally {
      node.queued--;
    }
    node.running++;
  }

  leave(node: TaskNode): void {
    node.running--;
    const next = () => {
      this.#running--;
      this.#admit();
      this.#onRoom();
    };
    if (this.#stopsOnFailure && node.lastPodFailed) afterMicrotasks(TO_THE_END_OF_A_TASK, next);
    else next();
  }

  /** From now on nothing new starts. */
  shut(why: string): void {
    this.#shutBecause ??= why;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift())
      next.refuse(next.otherwise ?? notStarted(next.node.name, why));
    this.#onRoom();
  }

  /** Until `resume`, nothing new starts. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#admit();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Why nothing new starts any more. */
  get shutBecause(): string | undefined {
    return this.#shutBecause;
  }

  get isShut(): boolean {
    return this.#shutBecause !== undefined;
  }

  /** Whether a pod of this priority is soon to have a slot. Soon: as many may stand in the queue as may run. */
  isNear(priority: number): boolean {
    return this.#running + this.#queue.countFrom(priority) < 2 * this.#max;
  }

  /** How many may run at once. */
  get max(): number {
    return this.#max;
  }

  #admit(): void {
    while (!this.#isPaused && this.#running < this.#max) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#running++;
      next.admit();
    }
  }

  #drop(ticket: Ticket, error: Error): void {
    this.#queue.remove(ticket);
    ticket.refuse(error);
    this.#onRoom();
  }
}

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
