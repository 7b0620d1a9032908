/** Whose code is running: the node of the task, or of the body, kept through every await by AsyncLocalStorage. */
import { AsyncLocalStorage } from '@temporalio/workflow';
import type { TaskNode } from './task-node.ts';

const storage = new AsyncLocalStorage<TaskNode>();

export const currentNode = (): TaskNode | undefined => storage.getStore();

export const runAs = <T>(node: TaskNode, code: () => T): T => storage.run(node, code);

/** Gives a function that runs other functions in the context of this moment: the task, and Temporal's cancellation scope. */
export const captureContext = (): (<T>(code: () => T) => T) =>
  // The SDK's type has only the constructor; the class in the sandbox is Node's, with its static methods.
  (AsyncLocalStorage as unknown as { snapshot(): <T>(code: () => T) => T }).snapshot();

const ready = Promise.resolve();

/** One promise, not two as `Promise.resolve().then`: in the sandbox each costs some 50 µs. */
export function inMicrotask(code: () => void): void {
  void ready.then(code);
}

/** What is to happen in this activation, but after what follows from now. */
export function afterMicrotasks(count: number, code: () => void): void {
  if (count === 0) code();
  else inMicrotask(() => afterMicrotasks(count - 1, code));
}
