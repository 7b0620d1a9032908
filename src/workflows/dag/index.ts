export { dag } from './dag.ts';
export {
  cancelTask,
  failTask,
  holdPods,
  releasePods,
  retryTask,
  skipTask,
  type RetryOptions,
  type SkipOptions,
  type SpecChange,
} from './controls.ts';
export {
  BODY,
  graphQuery,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type MappedItems,
  type TaskState,
} from './graph.ts';
export { inSlot, type Slot } from './slot.ts';
export { changeSpec } from './spec-change.ts';
export type { DagErrorType } from './errors.ts';
export { mapChunk } from './map-chunk.ts';
export type { FailedItem, ItemsFailed } from './items-failed.ts';
export type { Chunk, ChunkWorkflow, DagOptions, Handle, MapOptions, Task, TaskOptions } from './types.ts';
