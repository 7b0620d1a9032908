export { dag } from './dag.ts';
export {
  cancelTask,
  extendHold,
  failTask,
  graphQuery,
  pausePods,
  resumePods,
  retryTask,
  skipTask,
} from './controls.ts';
export { inPodCall, withPodSlot, type TaskContext } from './task-context.ts';
export { changeSpec } from './spec-change.ts';
export type { DagErrorType } from './errors.ts';
export { mapChunk } from './map-chunk.ts';
export type { FailedItem, ItemsFailed } from './items-failed.ts';
export type { ChunkWorkflow, DagOptions, Handle, MapOptions, Task, TaskOptions } from './types.ts';
