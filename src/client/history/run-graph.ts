/** A run as a graph, with what only its history knows. Types only. */
import { type Graph, type GraphEdge, type GraphNode, UNNAMED } from '../../contract/index.ts';
import type { PodEnd } from './pod-end.ts';
import type { PodTask } from './pod-events.ts';
import type { Pausing } from './dag-events.ts';

export interface RunPod extends PodTask {
  /** Milliseconds since 1970. */
  readonly scheduledAt: number;
  readonly endedAt?: number;
  /** Absent while it is under way, and when the run was closed over its head. */
  readonly end?: PodEnd;
  /** What it does now, in words; of a pod that is under way, when Temporal told it. */
  readonly now?: string;
}

export interface RunNode extends GraphNode {
  /** While it has no pod under way and goes on by itself: what for, and until when, in milliseconds since 1970. */
  readonly pausing?: { readonly why: Pausing; readonly until: number };
}

/**
 * `(body)` is among the nodes only when a worker told the graph, or the run's memo. Pods of no task are nodes of their own, called
 * `pod-<n>` as their activity.
 */
export interface RunGraph extends Graph {
  readonly nodes: RunNode[];
  /** In the order in which they were scheduled. A node's `pods` are their activityIds. */
  readonly pods: readonly RunPod[];
  /** `history`: tasks that have not come to a pod are missing while the run runs, as are those that never did when it left no word of them. */
  readonly from: 'worker' | 'history';
}

/** Each pair once: that it awaited it says more than that it was created after it. */
export class Edges {
  readonly #edges = new Map<string, GraphEdge>();

  add(edge: GraphEdge): void {
    const [from, to, kind] = edge;
    const key = `${from} ${to}`;
    if (kind === 'data' || !this.#edges.has(key)) this.#edges.set(key, edge);
  }

  get list(): GraphEdge[] {
    return [...this.#edges.values()];
  }
}

/** The node that a pod belongs to. Pods of no task have nothing in common but that, so each is one of its own. */
export const nodeName = ({ task, activityId }: Pick<PodTask, 'task' | 'activityId'>): string =>
  task === UNNAMED ? activityId : task;
