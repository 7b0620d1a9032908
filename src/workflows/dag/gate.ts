import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { notStarted } from './errors.ts';
import { PriorityQueue } from './priority-queue.ts';
import type { TaskNode } from './task-node.ts';

interface Ticket {
  readonly node: TaskNode;
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
  readonly otherwise: unknown;
}

/**
 * Where pods wait for their turn. It limits pods, not tasks: a task that waits for another holds nothing, so no limit, not
 * even 1, can make a DAG wait for itself.
 */
export class Gate {
  readonly #max: number;
  readonly #queue = new PriorityQueue<Ticket>();
  readonly #onRoom: () => void;
  #running = 0;
  #isPaused = false;
  #shutBecause: string | undefined;

  constructor(max: number, onRoom: () => void) {
    this.#max = max;
    this.#onRoom = onRoom;
  }

  /** @param otherwise what is thrown instead of `DagNotStarted` when nothing new starts any more */
  async enter(node: TaskNode, otherwise?: unknown): Promise<void> {
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
    this.#running--;
    this.#admit();
    this.#onRoom();
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
