export { cleanupCalls, inCalls, whyNotCleaned } from './cleanup-calls.ts';
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
export { changeSpec } from './controls.ts';
export type { DagErrorType } from './failures.ts';
export { mapChunk } from './dag.ts';
export type { FailedItem, ItemsFailed } from './failures.ts';
export type { ChunkWorkflow, DagOptions, Handle, MapOptions, Task, TaskOptions } from './types.ts';
