/** What the author of a DAG sees: types only. */
import type { Chunk, Duration } from '../../contract/index.ts';

/** The result of a task, to be awaited: a thenable of our own, so a failure that is not awaited yet is never "unhandled". */
export interface Handle<T> extends PromiseLike<T> {
  readonly name: string;
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Handle<A | B>;
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Handle<T | B>;
  finally(onEnd?: (() => void) | null): Handle<T>;
}

/** How a task stands among the others. */
export interface TaskOptions {
  /** Waits for these before the task's function is called, whatever their values are. */
  readonly after?: readonly PromiseLike<unknown>[];
  /** Of the pods that wait for a slot, the highest number goes first. Default 0. */
  readonly priority?: number;
  /** Its failure is part of the plan: with `onFailure: 'stop' | 'cancel'` it does not end the others. */
  readonly mayFail?: boolean;
  /** Instead of the DAG's own; `false`: not at all. A task that `mayFail` is held only when this says so. */
  readonly hold?: Duration | false;
}

/** What the body of a `dag` creates tasks with. */
export interface Task {
  /**
   * Adds a task to the DAG. Its function starts soon, in a microtask: what it awaits may be written further down. It may run several pods,
   * or none, create tasks, and await any others; two that wait for each other fail with `DagCycle`.
   *
   *     const report = task('report', async () => runPod({ image: 'plot:2', args: [(await orders).output] }), { priority: 1 });
   *
   * @param name unique in the run: 1 to 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends
   * @returns its result, to be awaited, also by several; the failure of a task that nothing awaits is found at the end of the run
   * @throws ApplicationFailure `DagDuplicate`, `DagName`, `DagTooLarge` (more than 2,000 tasks) or `DagOnlyOnce`, at once; no pod starts then
   */
  <T>(name: string, work: () => T | PromiseLike<T>, options?: TaskOptions): Handle<T>;
  /**
   * Adds a task that does the same with every item, for more items than one workflow may have tasks: chunks of them run as child
   * workflows `<workflowId>/<name>/<chunk>`, each a DAG of its own (`mapChunk`), with a graph of its own. Items and results are in
   * the history: keep those of a chunk below 1 MiB. In a small number, items are better mapped as `items.map((item) => task(…))`.
   *
   *     const loaded = task.map('load', files, loadChunk, { per: 200, atOnce: 2 });
   *
   * @param items a list, or what a task returns as one
   * @param workflow an exported workflow of the same worker, which returns one result for each item, in order
   * @returns all results in the order of the items. Rejects with `DagItemsFailed`, when every chunk has ended
   */
  map<I, R>(
    name: string,
    items: readonly I[] | PromiseLike<readonly I[]>,
    workflow: ChunkWorkflow<I, R>,
    options?: MapOptions,
  ): Handle<R[]>;
}

/** What `task.map` runs for each chunk of its items: one result for each item, in order. Mostly a `mapChunk`. */
export type ChunkWorkflow<I, R> = (chunk: Chunk<I>) => Promise<readonly R[]>;

/** How the items of a `task.map` are cut, beside what holds for every task. */
export interface MapOptions extends TaskOptions {
  /** Items in a chunk, at most 2,000. Default 500. */
  readonly per?: number;
  /** How many chunks run at once. Default 4; each has a `maxParallel` of its own, and the DAG's does not count its pods. */
  readonly atOnce?: number;
}

/** What holds for all tasks of a DAG: `dag(body, { onFailure: 'stop', maxParallel: 20 })`. */
export interface DagOptions {
  /**
   * What a failed task means to the others. `continue` (default): every task that exists goes on. `stop`: no pod starts any
   * more, in the chunks of a `task.map` neither, and nothing is tried again; pods that run end in peace. `cancel`: they are
   * cancelled too.
   */
  readonly onFailure?: 'continue' | 'stop' | 'cancel';
  /**
   * How long a failed task waits for a person's decision (`retryTask`, `skipTask`, `failTask`), who may be
   * asleep. Until then its handle is pending, so those that await it wait too, and nothing has failed yet; the others go on.
   * Default: not at all.
   */
  readonly hold?: Duration | false;
  /**
   * How many pods may run at once: a whole number from 1. A task that waits for others, for its next try or with a pod that is kept for
   * debugging takes no slot. Default 100: many more that end together make the server fail a workflow task.
   */
  readonly maxParallel?: number;
}
