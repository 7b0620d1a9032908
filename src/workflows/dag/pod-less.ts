/** What the history would not tell of a DAG: tasks that came to no pod. They go into the memo, so that the whole graph is told. */
import { upsertMemo } from '@temporalio/workflow';
import { graphOf } from './graph-of.ts';
import { POD_LESS_MEMO, type PodLessMemo } from './graph.ts';
import type { TaskNode } from './task-node.ts';

const MAX_NODES = 500;
/**
 * The server takes 2 MiB and fails a run that says more; but on MySQL its list of runs has room for 64 KiB of memo in all, and
 * every list carries the memo of each run.
 */
const MAX_BYTES = 32 * 1024;

export function rememberPodLess(tasks: readonly TaskNode[]): void {
  const memo = podLess(tasks);
  if (memo) upsertMemo({ [POD_LESS_MEMO]: memo });
}

/** As many as there is room for, in the order of their creation; with each all edges to it. */
export function podLess(tasks: readonly TaskNode[]): PodLessMemo | undefined {
  // The chunks of a map tell of it.
  const silent = tasks.filter(({ pods, mapping }) => pods.length === 0 && !mapping?.hasBegun);
  const memo: PodLessMemo = { nodes: [], edges: [] };
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
