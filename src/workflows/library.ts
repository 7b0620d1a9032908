/** What the author of a workflow imports: `import { dag, runPod, withParams } from 'temporal-pods/workflows'`. */
export {
  cancelTask,
  dag,
  extendHold,
  failTask,
  graphQuery,
  pausePods,
  withPodSlot,
  mapChunk,
  resumePods,
  retryTask,
  skipTask,
} from './dag/index.ts';
export type {
  ChunkWorkflow,
  DagErrorType,
  DagOptions,
  FailedItem,
  Handle,
  ItemsFailed,
  MapOptions,
  Task,
  TaskOptions,
} from './dag/index.ts';
export { endDebug } from './keep-for-debug.ts';
export * from './next-try.ts';
export { withParams, type WorkflowWithParams } from './params.ts';
export type { NextTry, RunPodOptions } from './run-pod-options.ts';
export { runPod } from './run-pod.ts';
export { scheduledDay, scheduledTime } from './dag/scheduled-time.ts';
export type * from '../contract/index.ts';
