/** From what the nodes know to the graph that is shown, and to what is left of it in the memo of a run that has ended. */
import { upsertMemo } from '@temporalio/workflow';
import {
  type Graph,
  type GraphEdge,
  type GraphNode,
  TASKS_WITHOUT_PODS_MEMO,
  type TasksWithoutPods,
} from '../../contract/index.ts';
import { rootFailure } from './failures.ts';
import type { TaskNode } from './task-node.ts';

export function graphOf(nodes: readonly TaskNode[], podsPaused = false): Graph {
  return { nodes: nodes.map(graphNode), edges: nodes.flatMap(edgesTo), ...(podsPaused && { podsPaused }) };
}

function graphNode(node: TaskNode): GraphNode {
  const { name, state, parent, pods, startedAt, endedAt, held, change } = node;
  const failure = node.failure ?? held?.failure;
  const mapped = node.mapping?.progress;
  return {
    name,
    state,
    // The body has no parent, and what the body created is not worth saying.
    ...(parent?.parent && { parent: parent.name }),
    tries: pods.length,
    pods: [...pods],
    ...(failure && { error: rootFailure(failure.error).message.slice(0, 200) }),
    ...(held && { heldUntil: held.until }),
    ...(change && { changed: change }),
    ...(mapped && { mapped }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
  };
}

function edgesTo(node: TaskNode): GraphEdge[] {
  return sourcesOf(node).map((from) => [from.name, node.name, node.sources.has(from) ? 'data' : 'order']);
}

/** What it waited for: what it awaited, and what had to be there before it was created. */
export function sourcesOf(node: TaskNode): TaskNode[] {
  return [...node.sources, ...orderSources(node)];
}

/**
 * Of what its creator had awaited before it created this one, the last: whatever they say already is left out (the transitive
 * reduction). `for (…) await task(…)` gives a chain, not a triangle.
 */
export function orderSources(node: TaskNode): TaskNode[] {
  const creator = node.parent;
  if (!creator || node.deliveredAtBirth === 0) return [];
  const before = [...creator.delivered].slice(0, node.deliveredAtBirth);
  const implied = new Set<TaskNode>();
  for (const source of node.sources) addWithSources(source, implied);
  const chosen: TaskNode[] = [];
  // From the last one back. One that was itself created in this way stands for all that had been awaited at that time.
  for (let at = before.length - 1, covered = 0; at >= covered; at--) {
    const source = before[at]!;
    if (source.parent === creator) covered = Math.max(covered, source.deliveredAtBirth);
    if (implied.has(source)) continue;
    chosen.push(source);
    addWithSources(source, implied);
  }
  return chosen;
}

function addWithSources(node: TaskNode, to: Set<TaskNode>): void {
  if (to.has(node)) return;
  to.add(node);
  for (const source of node.sources) addWithSources(source, to);
}

const MAX_NODES = 500;
/**
 * The server takes 2 MiB and fails a run that says more; but on MySQL its list of runs has room for 64 KiB of memo in all, and
 * every list carries the memo of each run.
 */
const MAX_BYTES = 32 * 1024;

export function rememberTasksWithoutPods(tasks: readonly TaskNode[]): void {
  const memo = tasksWithoutPods(tasks);
  if (memo) upsertMemo({ [TASKS_WITHOUT_PODS_MEMO]: memo });
}

/** As many as there is room for, in the order of their creation; with each all edges to it. */
export function tasksWithoutPods(tasks: readonly TaskNode[]): TasksWithoutPods | undefined {
  // The chunks of a map tell of it.
  const isUntold = (task: TaskNode) => task.endsUnlikeItsPod || (task.pods.length === 0 && !task.mapping?.hasBegun);
  const silent = tasks.filter(isUntold);
  const memo: TasksWithoutPods = { nodes: [], edges: [] };
  let bytes = 0;
  for (const task of silent.slice(0, MAX_NODES)) {
    const { nodes, edges } = graphOf([task]);
    bytes += new TextEncoder().encode(JSON.stringify({ nodes, edges })).length;
    if (bytes > MAX_BYTES) break;
    memo.nodes.push(...nodes);
    memo.edges.push(...edges);
  }
  return memo.nodes.length > 0 ? memo : undefined;
}
