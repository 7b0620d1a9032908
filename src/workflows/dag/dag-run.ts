import { CancellationScope, setHandler } from '@temporalio/workflow';
import { currentNode, inMicrotask, runAs } from './context.ts';
import { showDetails } from './details.ts';
import { dagError } from './errors.ts';
import { Failures } from './failures.ts';
import { Gate } from './gate.ts';
import { BODY, graphQuery } from './graph.ts';
import { graphOf } from './graph-of.ts';
import { TaskHandle } from './handle.ts';
import { teachPromiseHandles } from './promises.ts';
import { Starter } from './starter.ts';
import { checkTaskName } from './task-name.ts';
import { TaskNode, type End, type Failure } from './task-node.ts';
import type { DagOptions, Task, TaskOptions } from './types.ts';
import { throwIfFailed } from './verdict.ts';

/** A longer history takes longer to replay than Temporal gives a workflow task. */
const MAX_TASKS = 2000;

/** One run of a DAG. It settles only when the body and every task, the late ones too, have settled. */
export class DagRun {
  readonly #options: DagOptions;
  readonly #caller = CancellationScope.current();
  readonly #scope = new CancellationScope();
  readonly #gate: Gate;
  readonly #starter: Starter;
  readonly #failures = new Failures();
  readonly #body = new TaskNode(BODY, {});
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
    this.#gate = new Gate(options.maxParallel, () => this.#starter.plan());
    this.#starter = new Starter(this.#gate);
  }

  async run<T>(body: (task: Task) => T | PromiseLike<T>): Promise<T> {
    setHandler(graphQuery, () => graphOf([this.#body, ...this.#tasks.values()]));
    const details = showDetails(() => [...this.#tasks.values()]);
    const unteachPromise = teachPromiseHandles();
    const result = new TaskHandle<T>(BODY, []);
    this.#open++;
    this.#perform(this.#body, () => body(this.#task), result);
    await this.#settled.promise;
    unteachPromise();
    details.stop();
    throwIfFailed({
      body: this.#body,
      tasks: [...this.#tasks.values()],
      failures: this.#failures,
      stopper: this.#stopper,
      mistake: this.#mistake,
      cancelled: this.#caller.consideredCancelled,
      restCancelled: this.#scope.consideredCancelled,
    });
    return result;
  }

  readonly #task: Task = <R>(name: string, work: () => R | PromiseLike<R>, options: TaskOptions = {}) => {
    this.#refuseMistakes(name);
    const node = new TaskNode(name, { parent: currentNode() ?? this.#body, options, gate: this.#gate });
    const handle = new TaskHandle<R>(name, [node]);
    const { after = [] } = options;
    const ordered = after.length > 0 ? () => Promise.all(after).then(() => work()) : work;
    this.#tasks.set(name, node);
    this.#open++;
    this.#starter.add({ priority: node.priority, begin: () => this.#perform(node, ordered, handle) });
    return handle;
  };

  #refuseMistakes(name: string): void {
    if (this.#hasEnded) throw dagError('DagOnlyOnce', `task '${name}' comes too late: the DAG has ended`);
    try {
      checkTaskName(name);
      if (this.#tasks.has(name)) throw dagError('DagDuplicate', `two tasks are called '${name}'`);
      if (this.#tasks.size >= MAX_TASKS) {
        const instead = 'run parts of it as child workflows, some hundred tasks each';
        throw dagError('DagTooLarge', `a DAG has at most ${MAX_TASKS} tasks: ${instead}`);
      }
    } catch (mistake) {
      this.#mistake ??= mistake as Error;
      this.#gate.shut(this.#mistake.message);
      throw mistake;
    }
  }

  #perform<R>(node: TaskNode, work: () => R | PromiseLike<R>, handle: TaskHandle<R>): void {
    // `run` awaits what it is given, so it takes any thenable, whatever its type says.
    const running = runAs(node, () => this.#scope.run(work as () => Promise<R>));
    void running.then(
      (value) => this.#settle(node, { state: 'done' }, () => handle.settle({ value })),
      (thrown: unknown) => {
        const failure = this.#failures.endOf(node, thrown);
        this.#settle(node, failure, () => handle.settle({ error: failure.error }));
        if (!failure.because) this.#actOn(node, failure);
      },
    );
  }

  #settle(node: TaskNode, end: End, tell: () => void): void {
    node.end = end;
    node.endedAt = Date.now();
    tell();
    this.#open--;
    // Whoever was told may create a task yet.
    if (this.#open === 0) inMicrotask(() => this.#finish());
  }

  #finish(): void {
    if (this.#open > 0) return;
    this.#hasEnded = true;
    this.#settled.resolve();
  }

  #actOn(node: TaskNode, { state }: Failure): void {
    const { onFailure = 'continue' } = this.#options;
    const counts = state === 'failed' || (state === 'cancelled' && !this.#scope.consideredCancelled);
    if (onFailure === 'continue' || !counts || node.options.mayFail || this.#stopper) return;
    this.#stopper = node;
    if (onFailure === 'stop') this.#gate.shut(`'${node.name}' failed`);
    else this.#scope.cancel();
  }
}
