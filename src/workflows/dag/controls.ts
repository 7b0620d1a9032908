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

/**
 * The tasks of a DAG, how each stands, and what waits for what; after its end, too, while a worker has its code. (`graph` of
 * `temporal-pods/client` asks the history where no worker answers.)
 *
 *     const { nodes } = await run.query(graphQuery);
 */
export const graphQuery = defineQuery<Graph>(QUERY.graph);

// What an update refuses, it refuses with the ApplicationFailure `DagRefused`, whose message says why; the run is not touched.

/**
 * Calls the function of a held task again, from its beginning; `spec` is laid over the spec of each pod that it starts from now on.
 * Refused (`DagRefused`, with the reason) for a task that is not held, is a map of which a spec is to be changed, or has created tasks.
 *
 *     await run.executeUpdate(retryTask, { args: ['total', { spec: { resources: { limits: { memory: '2Gi' } } } }] });
 */
export const retryTask = defineUpdate<void, [task: string, options?: RetryOptions]>(UPDATE.retryTask);
/**
 * Ends a held task without its failure: it has returned `value`, or, without one, counts as skipped, as do those that await it. Refused
 * (`DagRefused`) for a task that is not held.
 *
 *     await run.executeUpdate(skipTask, { args: ['total', { value: { output: 0 } }] });
 */
export const skipTask = defineUpdate<void, [task: string, options?: SkipOptions]>(UPDATE.skipTask);
/**
 * Ends a held task with its failure, before its time. Refused (`DagRefused`) for a task that is not held.
 *
 *     await run.executeUpdate(failTask, { args: ['total'] });
 */
export const failTask = defineUpdate<void, [task: string]>(UPDATE.failTask);
/**
 * Gives a held task more time until it fails by itself; answers until when, in milliseconds since 1970. Refused (`DagRefused`) for a task
 * that is not held, and for a `by` that is no length of time above 0.
 *
 *     const until = new Date(await run.executeUpdate(extendHold, { args: ['total', { by: '2h' }] }));
 */
export const extendHold = defineUpdate<number, [task: string, options: ExtendOptions]>(UPDATE.extendHold);
/**
 * Cancels what the task does now, or would do next. 'asked', not done: its pod may yet end by itself, before it hears of it, and
 * a task that waits for others goes on waiting until it comes to its pod. Refused (`DagRefused`) for a task that has ended.
 *
 *     await run.executeUpdate(cancelTask, { args: ['report'] });
 */
export const cancelTask = defineUpdate<'asked', [task: string]>(UPDATE.cancelTask);
/**
 * From now on no pod starts, those of a `task.map` neither; those that run go on. Refused (`DagRefused`) when they are paused already, or
 * the DAG has ended.
 *
 *     await run.executeUpdate(pausePods);
 */
export const pausePods = defineUpdate<void>(UPDATE.pausePods);
/**
 * New pods start again. Refused (`DagRefused`) when they are not paused.
 *
 *     await run.executeUpdate(resumePods);
 */
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
