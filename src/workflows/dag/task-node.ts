import type { Gate } from './gate.ts';
import type { TaskState } from './graph.ts';
import type { TaskOptions } from './types.ts';

export interface Failure {
  readonly state: Extract<TaskState, 'failed' | 'upstream' | 'skipped' | 'cancelled'>;
  readonly error: Error;
  /** The task whose failure this really is; undefined when it is its own. */
  readonly because?: TaskNode;
}

/** How a task ended. */
export type End = { readonly state: 'done' } | Failure;

/** What is known of one task. The body of the DAG is a node too: it awaits tasks and creates them. */
export class TaskNode {
  readonly name: string;
  /** Who created it; undefined for the body only. */
  readonly parent: TaskNode | undefined;
  readonly options: TaskOptions;
  /** Undefined for the body: its pods are not held back. */
  readonly gate: Gate | undefined;

  /** Every task it ever awaited: the edges. */
  readonly sources = new Set<TaskNode>();
  /** Those of them whose failure it would have heard of: who merely derives a handle with `then(f)` does not. */
  readonly heard = new Set<TaskNode>();
  /** What it awaits right now, with the number of such waits. */
  readonly pending = new Map<TaskNode, number>();
  /** How many waits of other tasks for this one are pending (not the body's: nobody can await the body). */
  awaited = 0;
  /** The tasks whose outcome has reached it, in that order… */
  readonly delivered = new Set<TaskNode>();
  /** …and how many of them its creator had when it created this one. */
  readonly deliveredAtBirth: number;

  /** Pods at the gate and behind it. */
  queued = 0;
  running = 0;
  /** ActivityIds of its pods so far. */
  readonly pods: string[] = [];
  startedAt: number | undefined;
  endedAt: number | undefined;
  end: End | undefined;
  /** What there is to say of it beyond its state. */
  note: string | undefined;

  constructor(name: string, from: { parent?: TaskNode; options?: TaskOptions; gate?: Gate }) {
    this.name = name;
    this.parent = from.parent;
    this.options = from.options ?? {};
    this.gate = from.gate;
    this.deliveredAtBirth = from.parent?.delivered.size ?? 0;
  }

  get state(): TaskState {
    if (this.end) return this.end.state;
    if (this.running > 0) return 'running';
    return this.queued > 0 ? 'queued' : 'waiting';
  }

  get priority(): number {
    return this.options.priority ?? 0;
  }

  get failure(): Failure | undefined {
    return this.end && this.end.state !== 'done' ? this.end : undefined;
  }
}
