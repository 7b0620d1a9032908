/**
 * The thenable behind `Handle`. There is no native promise in it: a rejection that is not awaited yet is then no
 * "unhandled rejection", which would fail the workflow task, and 2,000 of them cost next to nothing.
 */
import { captureContext, currentNode, inMicrotask } from './context.ts';
import { dagError } from './failures.ts';
import type { TaskNode } from './task-node.ts';
import type { Handle } from './types.ts';

export type Outcome<T> = { readonly value: T } | { readonly error: unknown };
type OnValue<T, A> = ((value: T) => A | PromiseLike<A>) | null | undefined;
type OnError<B> = ((error: unknown) => B | PromiseLike<B>) | null | undefined;

export class TaskHandle<T> implements Handle<T> {
  readonly name: string;
  /** The tasks that an await of this handle waits for: one, or several when it was made by `Promise.all` and the like. */
  readonly sources: readonly TaskNode[];
  #outcome: Outcome<T> | undefined;
  #listeners: ((outcome: Outcome<T>) => void)[] = [];

  constructor(name: string, sources: readonly TaskNode[]) {
    this.name = name;
    this.sources = sources;
  }

  /** The first outcome counts. */
  settle(outcome: Outcome<T>): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(outcome);
  }

  /** Hears of the outcome without being an edge: for the helper itself, never for an author. */
  listen(listener: (outcome: Outcome<T>) => void): void {
    if (this.#outcome) listener(this.#outcome);
    else this.#listeners.push(listener);
  }

  then<A = T, B = never>(onValue?: OnValue<T, A>, onError?: OnError<B>): Handle<A | B> {
    return this.#derive(onValue, onError, onError != null);
  }

  catch<B = never>(onError?: OnError<B>): Handle<T | B> {
    return this.then(undefined, onError);
  }

  finally(onEnd?: (() => void) | null): Handle<T> {
    const pass = <R>(go: () => R): R | PromiseLike<R> => {
      const wait: unknown = onEnd?.();
      return isThenable(wait) ? wait.then(go) : go();
    };
    const rethrow = (error: unknown) =>
      pass((): never => {
        throw error;
      });
    // A failure only passes through here: the task that awaits what comes out hears it.
    return this.#derive((value) => pass(() => value), rethrow, false);
  }

  /** A handle used as a value (in JSON, in a template string) is a forgotten `await`. */
  toJSON(): never {
    throw dagError('DagMisuse', `task '${this.name}' was used as a value: await it first`);
  }

  [Symbol.toPrimitive](): never {
    return this.toJSON();
  }

  #derive<A, B>(onValue: OnValue<T, A>, onError: OnError<B>, hears: boolean): TaskHandle<A | B> {
    const next = new TaskHandle<A | B>(this.name, this.sources);
    const inContext = captureContext();
    const follow = (outcome: Outcome<T>) => inContext(() => next.#follow(outcome, onValue, onError));
    const waiter = currentNode();
    try {
      const arrived = waiter && beginWait(waiter, this.sources, hears);
      const deliver = (outcome: Outcome<T>) => {
        arrived?.();
        follow(outcome);
      };
      const outcome = this.#outcome;
      if (outcome) inMicrotask(() => deliver(outcome));
      else this.#listeners.push(deliver);
    } catch (cycle) {
      inMicrotask(() => follow({ error: cycle }));
    }
    return next;
  }

  #follow<V, A, B>(this: TaskHandle<A | B>, outcome: Outcome<V>, onValue: OnValue<V, A>, onError: OnError<B>): void {
    try {
      if ('value' in outcome) this.#resolve(onValue ? onValue(outcome.value) : outcome.value);
      else if (onError) this.#resolve(onError(outcome.error));
      else this.settle(outcome);
    } catch (error) {
      this.settle({ error });
    }
  }

  #resolve(value: unknown): void {
    if (isThenable(value)) {
      value.then(
        (inner) => this.#resolve(inner),
        (error: unknown) => this.settle({ error }),
      );
    } else this.settle({ value: value as T });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && 'then' in value && typeof value.then === 'function';
}

/**
 * Notes that `waiter` awaits `sources`, which makes the edges of the graph. Throws instead when they, at this moment, wait for
 * `waiter`: the later wait is the error. The function returned is to be called when the outcome has arrived.
 */
function beginWait(waiter: TaskNode, sources: readonly TaskNode[], hears: boolean): () => void {
  for (const source of sources) refuseCycle(waiter, source);
  const pending = sources.filter((source) => !source.end);
  for (const source of sources) {
    waiter.sources.add(source);
    if (hears) waiter.heard.add(source);
  }
  for (const source of pending) {
    waiter.pending.set(source, (waiter.pending.get(source) ?? 0) + 1);
    if (waiter.parent) source.awaited++;
  }
  return () => {
    for (const source of pending) endWait(waiter, source);
    for (const source of sources) waiter.receive(source);
  };
}

function endWait(waiter: TaskNode, source: TaskNode): void {
  if (waiter.parent) source.awaited--;
  const left = waiter.pending.get(source)! - 1;
  if (left > 0) waiter.pending.set(source, left);
  else waiter.pending.delete(source);
}

function refuseCycle(waiter: TaskNode, source: TaskNode): void {
  // No task waits for it, so it closes no circle: without this, each await would walk the whole graph above it.
  if (waiter.awaited === 0 && waiter !== source) return;
  const path = waitingPath(source, waiter, new Set());
  if (!path) return;
  const names = [waiter, ...path].map((node) => node.name).join(' → ');
  throw dagError('DagCycle', `tasks wait for each other: ${names}`);
}

/** From one node to another along the waits that are pending now, both ends included. */
function waitingPath(from: TaskNode, to: TaskNode, visited: Set<TaskNode>): TaskNode[] | undefined {
  if (from.end || visited.has(from)) return undefined;
  if (from === to) return [to];
  visited.add(from);
  for (const next of from.pending.keys()) {
    const rest = waitingPath(next, to, visited);
    if (rest) return [from, ...rest];
  }
  return undefined;
}
