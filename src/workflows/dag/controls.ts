/**
 * What can be asked of a DAG while it runs, as updates: each is refused, with the reason, when it makes no sense. The client
 * imports this file as it is, so it holds types and definitions, and nothing of the helper itself.
 */
import { defineUpdate } from '@temporalio/workflow';
import type { Duration } from '../../contract/index.ts';

/**
 * A part of a spec, to be laid over the whole: `env`, `timeouts` and `resources` name by name, every other field in one piece.
 * `null` in the place of a field takes it away.
 */
export type SpecChange = Readonly<Record<string, unknown>>;

export interface RetryOptions {
  /** Laid over the spec of every pod that the task starts from now on. A later change is laid over an earlier one. */
  readonly spec?: SpecChange;
}

export interface SkipOptions {
  /** What the task shall have returned. Without it, those who await it fail with `DagSkipped`, and count as skipped too. */
  readonly value?: unknown;
}

export interface ExtendOptions {
  /** How much later the hold shall end than it would now. */
  readonly by: Duration;
}

/** Calls the function of a held task again, from its beginning. */
export const retryTask = defineUpdate<void, [task: string, options?: RetryOptions]>('retryTask');
/** Ends a held task without its failure. */
export const skipTask = defineUpdate<void, [task: string, options?: SkipOptions]>('skipTask');
/** Ends a held task with its failure, before its time. */
export const failTask = defineUpdate<void, [task: string]>('failTask');
/** Gives a held task more time until it fails by itself. Until when, in milliseconds since 1970. */
export const extendHold = defineUpdate<number, [task: string, options: ExtendOptions]>('extendHold');
/**
 * Cancels what the task does now, or would do next. 'asked', not done: its pod may yet end by itself, before it hears of it, and
 * a task that waits for others goes on waiting until it comes to its pod.
 */
export const cancelTask = defineUpdate<'asked', [task: string]>('cancelTask');
/** From now on no pod starts, those of a `task.map` neither; those that run go on. */
export const pausePods = defineUpdate<void>('pausePods');
/** New pods start again. */
export const resumePods = defineUpdate<void>('resumePods');
