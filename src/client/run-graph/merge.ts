/** What a worker told of a running run, its history, and the heartbeats of its pods, as one graph. Pure. */
import type { Graph, GraphNode } from '../../contract/index.ts';
import { type PendingPod, pendingText } from '../states.ts';
import { Edges } from './edges.ts';
import type { RunGraph, RunNode } from './types.ts';

/** @param history not older than what was told */
export function merged(
  told: Graph | undefined,
  history: RunGraph,
  { pending, now }: { pending: readonly PendingPod[]; now: number },
): RunGraph {
  const doing = new Map(pending.map((pod) => [pod.activityId, pendingText(pod, now)]));
  const pods = history.pods.map((pod) => {
    const text = pod.end ? undefined : doing.get(pod.activityId);
    return text === undefined ? pod : { ...pod, now: text };
  });
  if (!told) return { ...history, pods };
  const known = new Map(history.nodes.map((node) => [node.name, node]));
  const names = new Set(told.nodes.map(({ name }) => name));
  const edges = new Edges();
  for (const edge of [...told.edges, ...history.edges]) edges.add(edge);
  return {
    // What the worker does not tell is newer than its word, or a pod of no task.
    nodes: [
      ...told.nodes.map((node) => mergedNode(node, known.get(node.name))),
      ...history.nodes.filter(({ name }) => !names.has(name)),
    ],
    edges: edges.list,
    ...(told.podsPaused && { podsPaused: true }),
    pods,
    from: 'worker',
  };
}

function mergedNode(told: GraphNode, known: RunNode | undefined): RunNode {
  if (!known) return told;
  const error = errorOf(told, known);
  return {
    ...told,
    tries: known.tries,
    pods: known.pods,
    ...(known.pausing && { pausing: known.pausing }),
    ...(error !== undefined && { error }),
  };
}

/** The history has the kind of a pod's failure too, and why there is a next try; who failed for another reason keeps the worker's word. */
function errorOf({ error }: GraphNode, known: RunNode): string | undefined {
  if (known.pausing) return known.error;
  return error !== undefined && known.error?.includes(error.split('\n', 1)[0] ?? '') ? known.error : error;
}
