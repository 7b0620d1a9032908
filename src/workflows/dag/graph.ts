/**
 * What the query `graph` answers. The client imports this file as it is, so it holds types and the query, and nothing of the
 * helper itself.
 */
import { defineQuery } from '@temporalio/workflow';
import type { SpecChange } from './controls.ts';

/** The name under which the body of the DAG, the function given to `dag`, stands among the nodes. No task can have it. */
export const BODY = '(body)';

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

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Present while no new pod starts, because somebody asked for that. */
  podsPaused?: true;
}

/**
 * Memo of a run that has ended, under this key: the tasks of whose end no activity tells (they never came to a pod, or ended in
 * another way than their last one), with the edges to them. Absent when there are none. At most 500 nodes and 32 KiB: the first ones.
 */
export const TASKS_WITHOUT_PODS_MEMO = 'tasksWithoutPods';
export type TasksWithoutPods = Pick<Graph, 'nodes' | 'edges'>;

/** Memo of a rerun, under this key: an `EarlierRef`. */
export const RERUN_MEMO = 'rerunOf';

export const graphQuery = defineQuery<Graph>('graph');
