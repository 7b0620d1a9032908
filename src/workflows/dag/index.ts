export { dag } from './dag.ts';
export {
  cancelTask,
  extendHold,
  failTask,
  pausePods,
  resumePods,
  retryTask,
  skipTask,
  type ExtendOptions,
  type RetryOptions,
  type SkipOptions,
  type SpecChange,
} from './controls.ts';
export {
  BODY,
  graphQuery,
  TASKS_WITHOUT_PODS_MEMO,
  RERUN_MEMO,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type MappedItems,
  type TasksWithoutPods,
  type TaskState,
} from './graph.ts';
export { withPodSlot, type TaskContext } from './task-context.ts';
export { changeSpec } from './spec-change.ts';
export type { DagErrorType } from './errors.ts';
export { mapChunk } from './map-chunk.ts';
export type { FailedItem, ItemsFailed } from './items-failed.ts';
export type { Chunk, ChunkWorkflow, DagOptions, Handle, MapOptions, Task, TaskOptions } from './types.ts';
