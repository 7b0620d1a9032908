import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { type SpecChange, type TaskState, UNNAMED } from '../../contract/index.ts';
import type { Gate } from './gate.ts';
import type { Held } from './run-task.ts';
import type { Mapping } from './mapping.ts';
import type { TaskOptions } from './types.ts';
import { dagError } from './failures.ts';

export interface Failure {
  readonly state: Extract<TaskState, 'failed' | 'upstream' | 'skipped' | 'cancelled'>;
  readonly error: Error;
  /** The task whose failure this really is; undefined when it is its own. */
  readonly because?: TaskNode;
}

/** How a task ended. `skipped` with a value is no failure. */
export type End = { readonly state: 'done' | 'skipped' } | Failure;

/** `reused`: it was not needed. */
export type PodOver = 'done' | 'reused' | 'failed';

/** What is known of one task. The body of the DAG is a node too: it awaits tasks and creates them. */
export class TaskNode {
  readonly name: string;
  /** Who created it; undefined for the body only. */
  readonly parent: TaskNode | undefined;
  readonly options: TaskOptions;
  /** Undefined for the body: its pods are not held back. */
  readonly gate: Gate | undefined;
  /** How long a failure of it waits for a decision; 0: not at all. */
  readonly holdMs: number;

  /** Every task it ever awaited: the edges. */
  readonly sources = new Set<TaskNode>();
  /** Those of them whose failure it would have heard of: who merely derives a handle with `then(f)` does not. */
  readonly heard = new Set<TaskNode>();
  /** What it awaits right now, with the number of such waits. */
  readonly pending = new Map<TaskNode, number>();
  /** How many waits of other tasks for this one are pending (not the body's: no task can await the body). */
  awaited = 0;
  /** The tasks whose outcome has reached it, in that order… */
  readonly delivered = new Set<TaskNode>();
  /** …and how many of them its creator had when it created this one. */
  readonly deliveredAtBirth: number;

  /** Pods at the gate and behind it. */
  queued = 0;
  running = 0;
  /** While its failure waits for a decision. */
  held: Held | undefined;
  /** What somebody changed in the spec of its pods. */
  change: SpecChange | undefined;
  /** Of a `task.map`. */
  mapping:
    Pick<Mapping<unknown, unknown>, 'progress' | 'tellPaused' | 'tellStopped' | 'hasBegun' | 'chunkReused'> | undefined;
  /** Calls of `runPod` that have not settled: at the gate, with a pod, or between two pods. */
  openCalls = 0;
  onCallOver: (() => void) | undefined;
  #scope: CancellationScope | undefined;
  #cancelAsked = false;
  #lastPod: PodOver | undefined;
  /** ActivityIds of its pods so far. */
  readonly pods: string[] = [];
  /** How many of them are over without having run: their results are those of an earlier run. */
  reusedPods = 0;
  /** How often its function has called `runPod` since it was called itself. */
  calls = 0;
  /**
   * Whether all that can have told it anything is reused: what its creator had seen when it created this one, the tasks that it
   * awaited, its own pods. Only then is the earlier result of its next pod what that pod would do now.
   */
  sawOnlyReused: boolean;
  startedAt: number | undefined;
  endedAt: number | undefined;
  end: End | undefined;
  /** What there is to say of it beyond its state. */
  note: string | undefined;

  constructor(name: string, from: { parent?: TaskNode; options?: TaskOptions; gate?: Gate; holdMs?: number }) {
    this.name = name;
    this.parent = from.parent;
    this.options = from.options ?? {};
    this.gate = from.gate;
    this.holdMs = from.holdMs ?? 0;
    this.deliveredAtBirth = from.parent?.delivered.size ?? 0;
    this.sawOnlyReused = from.parent?.sawOnlyReused ?? true;
  }

  /** The outcome of another task has reached it. */
  receive(source: TaskNode): void {
    this.delivered.add(source);
    this.sawOnlyReused &&= source.isReused;
  }

  /** What one of its pods, or a chunk, has come to. */
  podOver(how: PodOver): void {
    this.#lastPod = how;
    if (how === 'reused') this.reusedPods++;
    else this.sawOnlyReused = false;
  }

  get lastPodFailed(): boolean {
    return this.#lastPod === 'failed';
  }

  /** Whether it ended in another way than its last pod: it caught that failure and went on, or failed after a pod that was done. */
  get endsUnlikeItsPod(): boolean {
    if (!this.end || !this.#lastPod || this.mapping) return false;
    return (this.#lastPod === 'failed') === (this.end.state === 'done');
  }

  /** In a rerun: whether it stands as it stood in the earlier run. A task without pods does if all that it awaited does. */
  get isReused(): boolean {
    return this.end?.state === 'done' && this.sawOnlyReused;
  }

  get state(): TaskState {
    if (this.end) return this.isReused && this.reusedPods > 0 ? 'reused' : this.end.state;
    if (this.held) return 'held';
    if (this.running > 0) return 'running';
    return this.queued > 0 ? 'queued' : 'waiting';
  }

  get priority(): number {
    return this.options.priority ?? 0;
  }

  get failure(): Failure | undefined {
    return this.end && 'error' in this.end ? this.end : undefined;
  }

  /** Whether it has settled, and those that awaited it go on. */
  get isFine(): boolean {
    return this.end !== undefined && !this.failure;
  }

  /** Runs code in a cancellation scope of the task's own. @throws CancelledFailure when it was cancelled before */
  run<R>(code: () => R | PromiseLike<R>, parent: CancellationScope): Promise<R> {
    // Made when the task begins: each costs three promises, and there may be 2,000 tasks.
    this.#scope ??= new CancellationScope({ cancellable: true, parent });
    if (this.#cancelAsked) this.#scope.cancel();
    const ifWanted = () => {
      if (this.#cancelAsked) throw new CancelledFailure(`'${this.name}' was cancelled before it began`);
      return code();
    };
    // It awaits what it is given, so it takes any thenable, whatever its type says.
    return this.#scope.run(ifWanted as () => Promise<R>);
  }

  cancel(): void {
    this.#cancelAsked = true;
    this.#scope?.cancel();
  }

  get isCancelled(): boolean {
    return this.#scope?.consideredCancelled ?? this.#cancelAsked;
  }
}

const PATTERN = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/**
 * A task's name goes into activityIds (`<task>-<n>`), pod names and label values, so it is what Kubernetes takes as the value
 * of a label. Two tasks never share an activityId: behind its last dash stands the number, before it the name.
 */
export function checkTaskName(name: string): void {
  if (name === UNNAMED)
    throw dagError('DagName', `'${UNNAMED}' is what pods outside of tasks are called: choose another name`);
  if (PATTERN.test(name)) return;
  const rule = '1 to 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends';
  throw dagError('DagName', `${JSON.stringify(name)} cannot be the name of a task: ${rule}`);
}

/** A longer history takes longer to replay than Temporal gives a workflow task. */
export const MAX_TASKS = 2000;

export function checkNewTask(name: string, tasks: ReadonlyMap<string, unknown>): void {
  checkTaskName(name);
  if (tasks.has(name)) throw dagError('DagDuplicate', `two tasks are called '${name}'`);
  if (tasks.size < MAX_TASKS) return;
  const instead = 'task.map runs chunks of items as child workflows';
  throw dagError('DagTooLarge', `a DAG has at most ${MAX_TASKS} tasks: ${instead}`);
}
