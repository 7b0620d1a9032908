/**
 * What the author of a test imports: `import { fails, simulate } from 'temporal-pods/testing'`. Public, each name of it: what may change of
 * them, and when, is in docs/versions.md.
 */
export { SimulationError } from '../simulation/outside.ts';
export { replay, ReplayError, type ReplayOptions } from './replay.ts';
export type { RunningRun } from './running-run.ts';
export { simulate, simulator, type Simulate, type SimulatedRun, type SimulateOptions } from './simulate.ts';
export type { SimulatedPod } from './simulated-pod.ts';
export {
  fails,
  type Ends,
  type FailureKind,
  type FailureOptions,
  type Fails,
  type PodEnding,
  type StandIn,
  type StandIns,
} from './stand-ins.ts';
export type { Graph, GraphEdge, GraphNode, MappedItems, SpecChange, TaskState } from '../contract/dag.ts';
export type { OutcomeKind, RefusalKind } from '../contract/outcome.ts';
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
