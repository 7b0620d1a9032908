import { inWorkflowContext, CancellationScope, setHandler } from '@temporalio/workflow';
import { type Graph, type Chunk, BODY } from '../../contract/index.ts';
import { dagError, failedItem, itemsFailed, Failures, throwIfFailed } from './failures.ts';
import type { DagOptions, Task, TaskOptions } from './types.ts';
import { tellIfAllReused, checkMapOptions, Mapping } from './mapping.ts';
import { currentNode, inMicrotask } from './context.ts';
import { graphQuery } from './controls.ts';
import { showDetails } from './details.ts';
import { Gate, Starter } from './gate.ts';
import { graphOf, rememberTasksWithoutPods } from './graph.ts';
import { TaskHandle } from './handle.ts';
import { confirmRemovals } from './removals.ts';
import { holdLength, type RunContext, runTask } from './run-task.ts';
import { listen } from './listen.ts';
import { teachPromiseHandles } from './promises.ts';
import { checkNewTask, type End, type Failure, TaskNode } from './task-node.ts';

/** The SDK loads workflow code anew for each workflow, so this belongs to one run. */
let current: DagRun | undefined;

/** Of this workflow's DAG, if it has one. */
export const currentGraph = (): Graph | undefined => current?.graph();

/**
 * Runs a graph of tasks that is written as plain code: a task is a promise, an `await` is an edge.
 *
 *     const rows = await dag(async (task) => {
 *       const loaded = task('load', () => runPod<number>({ image: 'etl:3' }));
 *       const checked = task('check', async () => runPod({ image: 'check:1', args: [String((await loaded).output)] }));
 *       await checked;
 *       return (await loaded).output;
 *     });
 *
 * A failure that was caught is survived, by the task or body that caught it. Every other one fails the run, but only when everything
 * has settled, so no pod outlives the workflow that asked for it, and independent tasks go on (see `onFailure`).
 *
 * One in a workflow, because it speaks for the whole run. At its end it tells what no second one could take back: which failures are
 * survived, in the memo which tasks had no pod, and to the parent of a chunk that nothing of it ran. The names of tasks are the
 * activityIds of the run, and `pausePods`, `retryTask` and the query `graph` mean all of them. What an author wants of a second one is
 * there in two ways: a function that is given `task` adds its tasks to the same DAG, and a child workflow is a DAG of its own
 * (`withPodSlot`, `task.map`).
 *
 * @param body may create tasks as long as it, or any of its tasks, runs
 * @returns what the body returns, when all has settled
 * @throws ApplicationFailure `DagFailed` with one entry for each task whose failure was not survived; `DagOnlyOnce`, `DagDuplicate`,
 *   `DagName`, `DagTooLarge` or `DagMisuse` for a program that is wrong; what the body itself threw, as it is
 * @throws CancelledFailure when the run, or the scope around it, was cancelled
 */
export async function dag<T>(body: (task: Task) => T | PromiseLike<T>, options: DagOptions = {}): Promise<T> {
  if (!inWorkflowContext()) throw new Error('dag() runs in a workflow only');
  if (current)
    throw dagError(
      'DagOnlyOnce',
      'a workflow holds one dag(): hand `task` on to what adds tasks, or run another DAG as a child workflow',
    );
  const { maxParallel = 100 } = options;
  if (!Number.isInteger(maxParallel) || maxParallel < 1) {
    throw dagError('DagMisuse', `maxParallel is ${maxParallel}: it takes a whole number from 1`);
  }
  current = new DagRun({ ...options, maxParallel });
  return current.run(body);
}

/**
 * The body of a workflow for `task.map`: a DAG with one task for each item, called `<name>-<index>`, whose results are returned
 * in order.
 *
 *     export const loadChunk = (chunk: Chunk<string>) => mapChunk(chunk, (file) => runPod({ image: 'etl:3', args: [file] }));
 *
 * @param work called once for each item, with its index among all items of the map; may create more tasks
 * @param options of this chunk's DAG: `maxParallel` counts the pods of one chunk
 * @throws ApplicationFailure `DagItemsFailed`, whose `details[0]` is an `ItemsFailed`, when everything has settled
 */
export function mapChunk<I, R>(
  { name, from, items }: Chunk<I>,
  work: (item: I, index: number, task: Task) => R | PromiseLike<R>,
  options?: DagOptions,
): Promise<R[]> {
  return dag(async (task) => {
    const start = (item: I, at: number) => task(`${name}-${from + at}`, () => work(item, from + at, task));
    const ends = await Promise.allSettled(items.map(start));
    const failed = ends.flatMap((end, at) => (end.status === 'rejected' ? [{ at, error: end.reason as unknown }] : []));
    if (failed.length > 0) {
      const told = failed.map(({ at, error }) => failedItem(from + at, error));
      throw itemsFailed(name, { failed: failed.length, of: items.length, items: told }, failed[0]?.error);
    }
    return ends.map((end) => (end as PromiseFulfilledResult<R>).value);
  }, options);
}

/** One run of a DAG. It settles only when the body and every task, the late ones too, have settled. */
class DagRun {
  readonly #options: DagOptions;
  readonly #caller = CancellationScope.current();
  readonly #scope = new CancellationScope();
  readonly #gate: Gate;
  readonly #starter: Starter;
  readonly #failures = new Failures();
  readonly #body = new TaskNode(BODY, {});
  readonly #context: RunContext;
  readonly #tasks = new Map<string, TaskNode>();
  readonly #settled = Promise.withResolvers<void>();
  /** How many have not settled. */
  #open = 0;
  #hasEnded = false;
  /** The first failure that `onFailure` acted upon. */
  #stopper: TaskNode | undefined;
  /** The program is wrong (a name twice, too many tasks…): no pod starts any more. */
  #mistake: Error | undefined;

  constructor(options: DagOptions & { maxParallel: number }) {
    this.#options = options;
    holdLength(options.hold);
    const stopsOnFailure = options.onFailure !== undefined && options.onFailure !== 'continue';
    this.#gate = new Gate(options.maxParallel, () => this.#onRoom(), { stopsOnFailure });
    this.#starter = new Starter(this.#gate);
    this.#context = {
      scope: this.#scope,
      gate: this.#gate,
      failures: this.#failures,
      settle: (node, end, tell) => this.#settle(node, end, tell),
    };
  }

  async run<T>(body: (task: Task) => T | PromiseLike<T>): Promise<T> {
    setHandler(graphQuery, () => this.graph());
    const stop = (why: string) => this.#shut(why);
    listen({ tasks: this.#tasks, gate: this.#gate, stop, hasEnded: () => this.#hasEnded });
    const details = showDetails(() => [...this.#tasks.values()], this.#gate);
    this.#body.onCallOver = () => this.#finishSoon();
    const unteachPromise = teachPromiseHandles();
    const result = new TaskHandle<T>(BODY, []);
    this.#open++;
    runTask(this.#body, () => body(this.#task), result, this.#context);
    await this.#settled.promise;
    unteachPromise();
    details.stop();
    rememberTasksWithoutPods([...this.#tasks.values()]);
    // A cancel that comes later finds nothing to cancel.
    const cancelled = this.#caller.consideredCancelled;
    await confirmRemovals();
    throwIfFailed({
      body: this.#body,
      tasks: [...this.#tasks.values()],
      failures: this.#failures,
      stopper: this.#stopper,
      mistake: this.#mistake,
      cancelled,
      restCancelled: this.#scope.consideredCancelled,
    });
    await tellIfAllReused(this.#body, [...this.#tasks.values()]);
    return result;
  }

  graph(): Graph {
    return graphOf([this.#body, ...this.#tasks.values()], this.#gate.isPaused);
  }

  readonly #add = <R>(name: string, work: () => R | PromiseLike<R>, options: TaskOptions = {}) =>
    this.#begin(this.#addNode(name, options), work);

  readonly #addMap: Task['map'] = (name, items, workflow, options = {}) => {
    const node = this.#addNode(name, options, () => checkMapOptions(workflow, options));
    const mapping = new Mapping(node, items, workflow, options);
    node.mapping = mapping;
    return this.#begin(node, () => mapping.run());
  };

  readonly #task: Task = Object.assign(this.#add, { map: this.#addMap });

  #begin<R>(node: TaskNode, work: () => R | PromiseLike<R>): TaskHandle<R> {
    const handle = new TaskHandle<R>(node.name, [node]);
    const { after = [] } = node.options;
    const ordered = after.length > 0 ? () => Promise.all(after).then(() => work()) : work;
    this.#open++;
    this.#starter.add({ priority: node.priority, begin: () => runTask(node, ordered, handle, this.#context) });
    return handle;
  }

  #addNode(name: string, options: TaskOptions, check?: () => void): TaskNode {
    try {
      if (this.#hasEnded) throw dagError('DagOnlyOnce', `task '${name}' comes too late: the DAG has ended`);
      checkNewTask(name, this.#tasks);
      check?.();
      const holdMs = holdLength(this.#options.hold, options);
      const node = new TaskNode(name, { parent: currentNode() ?? this.#body, options, gate: this.#gate, holdMs });
      node.onCallOver = () => this.#finishSoon();
      this.#tasks.set(name, node);
      return node;
    } catch (mistake) {
      this.#mistake ??= mistake as Error;
      this.#shut(this.#mistake.message);
      throw mistake;
    }
  }

  #settle(node: TaskNode, end: End, tell: () => void): void {
    node.end = end;
    node.endedAt = Date.now();
    tell();
    this.#open--;
    this.#finishSoon();
    if ('error' in end && !end.because) this.#actOn(node, end);
  }

  #onRoom(): void {
    this.#starter.plan();
    this.#finishSoon();
  }

  /** The task that was told of the last end may create another one yet. */
  #finishSoon(): void {
    if (this.#open === 0) inMicrotask(() => this.#finish());
  }

  /** A task may end while pods of it run, or are to come: only the run waits for those. */
  #finish(): void {
    if (this.#open > 0 || this.#hasEnded) return;
    if ([this.#body, ...this.#tasks.values()].some(({ openCalls }) => openCalls > 0)) return;
    this.#hasEnded = true;
    this.#settled.resolve();
  }

  /** Nothing new starts, in chunks neither; so what is decided on those that are held could not be carried out. */
  #shut(why: string): void {
    this.#gate.shut(why);
    for (const { held, mapping } of this.#tasks.values()) {
      held?.decide({ next: 'fail' });
      void mapping?.tellStopped(why);
    }
  }

  #actOn(node: TaskNode, { state }: Failure): void {
    const { onFailure = 'continue' } = this.#options;
    const counts = state === 'failed' || (state === 'cancelled' && !this.#scope.consideredCancelled);
    if (onFailure === 'continue' || !counts || node.options.mayFail || this.#stopper) return;
    this.#stopper = node;
    if (onFailure === 'stop') this.#shut(`'${node.name}' failed`);
    else this.#scope.cancel();
  }
}
