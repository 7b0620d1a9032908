import { CancellationScope, setHandler } from '@temporalio/workflow';
import { BODY, type Graph } from '../../contract/index.ts';
import { tellIfAllReused } from './chunk-reused.ts';
import { currentNode, inMicrotask } from './context.ts';
import { graphQuery } from './controls.ts';
import { showDetails } from './details.ts';
import { dagError } from './errors.ts';
import { Failures } from './failures.ts';
import { Gate } from './gate.ts';
import { graphOf } from './graph-of.ts';
import { TaskHandle } from './handle.ts';
import { holdLength } from './hold.ts';
import { listen } from './listen.ts';
import { checkMapOptions, Mapping } from './mapping.ts';
import { teachPromiseHandles } from './promises.ts';
import { type RunContext, runTask } from './run-task.ts';
import { Starter } from './starter.ts';
import { checkNewTask } from './task-name.ts';
import { type End, type Failure, TaskNode } from './task-node.ts';
import { rememberTasksWithoutPods } from './tasks-without-pods.ts';
import type { DagOptions, Task, TaskOptions } from './types.ts';
import { throwIfFailed } from './verdict.ts';

/** One run of a DAG. It settles only when the body and every task, the late ones too, have settled. */
export class DagRun {
  readonly #options: DagOptions;
  readonly #caller = CancellationScope.current();
  readonly #scope = new CancellationScope();
  readonly #gate: Gate;
  readonly #starter: Starter;
  readonly #failures = new Failures();
  readonly #body = new TaskNode(BODY, {});
  readonly #around: RunContext;
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
    this.#gate = new Gate(options.maxParallel, () => this.#onRoom());
    this.#starter = new Starter(this.#gate);
    this.#around = {
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
    runTask(this.#body, () => body(this.#task), result, this.#around);
    await this.#settled.promise;
    unteachPromise();
    details.stop();
    rememberTasksWithoutPods([...this.#tasks.values()]);
    throwIfFailed({
      body: this.#body,
      tasks: [...this.#tasks.values()],
      failures: this.#failures,
      stopper: this.#stopper,
      mistake: this.#mistake,
      cancelled: this.#caller.consideredCancelled,
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
    this.#starter.add({ priority: node.priority, begin: () => runTask(node, ordered, handle, this.#around) });
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

  /** Whoever was told of the last end may create a task yet. */
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
