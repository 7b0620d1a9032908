/**
 * What the author of a workflow imports: `import { dag, runPod, withParams } from 'temporal-pods/workflows'`. Public, each name of it:
 * what may change of them, and when, is in docs/versions.md.
 */
export {
  cancelTask,
  extendHold,
  failTask,
  graphQuery,
  pausePods,
  resumePods,
  retryTask,
  skipTask,
} from './dag/controls.ts';
export { dag, mapChunk } from './dag/dag.ts';
export type { DagErrorType, FailedItem, ItemsFailed } from './dag/failures.ts';
export { scheduledDay, scheduledTime } from './dag/scheduled-time.ts';
export { withPodSlot } from './dag/task-context.ts';
export type { ChunkWorkflow, DagOptions, Handle, MapOptions, Task, TaskOptions } from './dag/types.ts';
export { endDebug } from './keep-for-debug.ts';
export { allOf, anotherNode, moreMemory } from './next-try.ts';
export { withParams, type WorkflowWithParams } from './params.ts';
export type { NextTry, OutputSchema, RunPodOptions } from './run-pod-options.ts';
export { runPod } from './run-pod.ts';
export { milliseconds } from '../common/duration.ts';
export type { CallbackContext, CallbackLine, CallbackRegistry, PodCallbacks } from '../contract/callbacks.ts';
export type {
  Chunk,
  ExtendOptions,
  Graph,
  GraphEdge,
  GraphNode,
  MappedItems,
  RetryOptions,
  SkipOptions,
  SpecChange,
  TaskState,
} from '../contract/dag.ts';
export type {
  Cleanup,
  LogSummary,
  OutcomeKind,
  PodEvent,
  PodFailureDetails,
  PodOutcome,
  PodRef,
  PodResult,
  PodTimes,
  RefusalKind,
} from '../contract/outcome.ts';
export type { PodEnd } from '../contract/record.ts';
export type {
  Duration,
  ExitCodes,
  LogOptions,
  PodSpec,
  PodTemplate,
  PodTimeouts,
  ResultOptions,
  ResultSource,
  Retries,
} from '../contract/spec.ts';
