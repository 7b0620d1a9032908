/**
 * What can be asked of a DAG while it runs: a query, and updates, each of which is refused, with the reason, when it makes no sense. The
 * client imports this file as it is, so it holds definitions, how a change is laid over a spec, and nothing of the helper itself.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  QUERY,
  SIGNAL,
  UPDATE,
  type ExtendOptions,
  type Graph,
  type RetryOptions,
  type SkipOptions,
  type SpecChange,
} from '../../contract/index.ts';

export const graphQuery = defineQuery<Graph>(QUERY.graph);

/** Calls the function of a held task again, from its beginning. */
export const retryTask = defineUpdate<void, [task: string, options?: RetryOptions]>(UPDATE.retryTask);
/** Ends a held task without its failure. */
export const skipTask = defineUpdate<void, [task: string, options?: SkipOptions]>(UPDATE.skipTask);
/** Ends a held task with its failure, before its time. */
export const failTask = defineUpdate<void, [task: string]>(UPDATE.failTask);
/** Gives a held task more time until it fails by itself. Until when, in milliseconds since 1970. */
export const extendHold = defineUpdate<number, [task: string, options: ExtendOptions]>(UPDATE.extendHold);
/**
 * Cancels what the task does now, or would do next. 'asked', not done: its pod may yet end by itself, before it hears of it, and
 * a task that waits for others goes on waiting until it comes to its pod.
 */
export const cancelTask = defineUpdate<'asked', [task: string]>(UPDATE.cancelTask);
/** From now on no pod starts, those of a `task.map` neither; those that run go on. */
export const pausePods = defineUpdate<void>(UPDATE.pausePods);
/** New pods start again. */
export const resumePods = defineUpdate<void>(UPDATE.resumePods);

/** From a DAG to the chunks that it runs as children: pause new pods, or resume them, as it does itself. */
export const podsPaused = defineSignal<[paused: boolean]>(SIGNAL.podsPaused);
/** From a DAG to such chunks: no pod starts any more, since it has stopped. */
export const podsStopped = defineSignal<[why: string]>(SIGNAL.podsStopped);
/** From a chunk to its parent, in a rerun: it had nothing to do. */
export const chunkReused = defineSignal<[workflowId: string]>(SIGNAL.chunkReused);

type Fields = Readonly<Record<string, unknown>>;

/** Of these, what is not named stays: who asks for more memory does not mean to take the CPU away. */
const DEPTHS: Readonly<Record<string, number>> = { env: 1, timeouts: 1, resources: 2 };

export function changeSpec<S extends object>(spec: S, change: SpecChange | undefined): S {
  if (!change) return spec;
  const changed = Object.entries(addChange(spec as Fields, change));
  return Object.fromEntries(changed.filter(([, value]) => value !== null)) as S;
}

/** Two changes as one. */
export function addChange(earlier: SpecChange | undefined, change: SpecChange): SpecChange {
  const fields = Object.entries(change).map(([name, value]) => [name, lay(value, earlier?.[name], DEPTHS[name] ?? 0)]);
  return { ...earlier, ...(Object.fromEntries(fields) as Fields) };
}

function lay(value: unknown, over: unknown, depth: number): unknown {
  if (depth === 0 || !isFields(value) || !isFields(over)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, lay(inner, over[name], depth - 1)]);
  return { ...over, ...(Object.fromEntries(entries) as Fields) };
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
