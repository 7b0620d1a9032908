/** What the author of a test imports: `import { fails, simulate } from 'temporal-pods/testing'`. */
export { simulate, simulator, type Simulate, type SimulatedRun, type SimulateOptions } from './simulate.ts';
export {
  fails,
  type Ends,
  type FailureKind,
  type FailureOptions,
  type PodEnding,
  type StandIn,
  type StandIns,
} from './stand-ins.ts';
export type { SimulatedPod } from './simulated-pod.ts';
export type { RunningRun } from './running-run.ts';
export { SimulationError } from '../simulation/outside.ts';
