/** What a DAG tells of itself, and what it may be asked, while it runs, after it, and before (a plan). Types only. */
import type { Duration, PodSpec } from './spec.ts';

/** How a task stands. */
export type TaskState =
  /** Its function has not come to a pod yet, or is between two: it waits for other tasks, or computes. */
  | 'waiting'
  /** It wants to start a pod and waits for a slot. */
  | 'queued'
  /** A pod of it is under way. */
  | 'running'
  /** It failed, and waits for a decision: `retryTask`, `skipTask`, `failTask`. */
  | 'held'
  | 'done'
  /** Done, without a pod: all its results are those of an earlier run, which this one is a rerun of. */
  | 'reused'
  /** It failed by itself. */
  | 'failed'
  /** It failed because a task that it awaited did. */
  | 'upstream'
  /** Somebody skipped it; or its pod was not started, as another task had failed and `onFailure` is `stop`; or it awaited such a task. */
  | 'skipped'
  | 'cancelled';

/** A task. */
export interface GraphNode {
  name: string;
  state: TaskState;
  /** The task that created this one; absent when the body did. */
  parent?: string;
  /** Pods so far, those that are reused too. */
  tries: number;
  /** Their activityIds. */
  pods: string[];
  /** At most 200 characters. */
  error?: string;
  /** Milliseconds since 1970: when a held task fails by itself. */
  heldUntil?: number;
  /** What somebody changed in the spec of its pods. */
  changed?: SpecChange;
  /** Milliseconds since 1970: when the first pod got its slot. */
  startedAt?: number;
  endedAt?: number;
  /** Of a `task.map`, as soon as its items are known. */
  mapped?: MappedItems;
}

/** Numbers of items. Those of a chunk that runs are all `running`: its own graph, asked by its workflowId, tells more. */
export interface MappedItems {
  items: number;
  done: number;
  failed: number;
  running: number;
  chunks: {
    workflowId: string;
    /** The index of its first item. */
    from: number;
    items: number;
    state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  }[];
}

/** `data`: `to` awaited `from`. `order`: `to` was created after its creator had awaited `from`; true in time, drawn dotted. */
export type GraphEdge = [from: string, to: string, kind: 'data' | 'order'];

/** The tasks of a DAG and what waits for what, as they are now. */
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Present while no new pod starts, because somebody asked for that. */
  podsPaused?: true;
}

/**
 * The tasks of whose end no activity tells (they never came to a pod, or ended in another way than their last one), with the edges to
 * them. At most 500 nodes and 32 KiB: the first ones.
 */
export type TasksWithoutPods = Pick<Graph, 'nodes' | 'edges'>;

/**
 * A part of a spec, to be laid over the whole: `env`, `timeouts` and `resources` name by name, every other field in one piece.
 * `null` in the place of a field takes it away.
 */
export type SpecChange = Readonly<Record<string, unknown>>;

/** Of `retryTask`. */
export interface RetryOptions {
  /** Laid over the spec of every pod that the task starts from now on. A later change is laid over an earlier one. */
  readonly spec?: SpecChange;
}

/** Of `skipTask`. */
export interface SkipOptions {
  /** What the task shall have returned. Without it, those who await it fail with `DagSkipped`, and count as skipped too. */
  readonly value?: unknown;
}

/** Of `extendHold`. */
export interface ExtendOptions {
  /** How much later the hold shall end than it would now. */
  readonly by: Duration;
}

/** The argument of a chunk's workflow. */
export interface Chunk<I> {
  /** Of the mapped task. */
  readonly name: string;
  /** The index of the first item among all. */
  readonly from: number;
  readonly items: readonly I[];
  /** What the mapped task has awaited, by name: so the graph can be told from the history. */
  readonly after: readonly string[];
}

/** What the query `plan` answers when nothing is left to do. */
export interface PlanReport {
  /** Absent while there is no DAG. */
  graph?: Graph;
  /** In the order in which they were made. Those of the body are of the task `pod`, as its pods are. */
  calls: { readonly task: string; readonly call: PlannedCall }[];
  /** Of the workflow. Absent while it runs, so at the end: it waits for something that no plan gives. */
  end?: 'completed' | { readonly type: string; readonly message: string };
}

/** What a task asks of the outside. */
export type PlannedCall =
  | { readonly pod: PodSpec }
  | { readonly activity: string }
  /** A child workflow; of a chunk of a `task.map` also how many items it has. */
  | { readonly workflow: string; readonly items?: number };

export interface PlanMemo {
  /** How many arguments a stand-in takes the place of, behind those that were given. */
  readonly standIns: number;
}
