/**
 * What the activities in the history do not tell of a DAG: tasks that came to no pod, and those that ended in another way than their
 * last pod. They go into the memo, so that a run which has ended is told as a whole.
 */
import { upsertMemo } from '@temporalio/workflow';
import { TASKS_WITHOUT_PODS_MEMO, type TasksWithoutPods } from '../../contract/index.ts';
import { graphOf } from './graph-of.ts';
import type { TaskNode } from './task-node.ts';

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
