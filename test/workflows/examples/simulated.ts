/** The examples, simulated, and what their tests ask of a run. */
import { simulator, type SimulatedRun } from '../../../src/testing/library.ts';

export const simulate = simulator({
  workflows: new URL('../../../src/workflows/examples/index.ts', import.meta.url),
});

/** `name:state` of every task. */
export const statesOf = ({ states }: SimulatedRun): string =>
  Object.entries(states)
    .map((state) => state.join(':'))
    .join(' ');

/** Of all pods, in the order of their starts. */
export const tasksOf = ({ allPods }: SimulatedRun): string => allPods.map(({ task }) => task).join(' ');

/** `task:state` of each pod, by name. */
export const endsOf = ({ allPods }: SimulatedRun): string =>
  allPods
    .map(({ task, state }) => `${task}:${state}`)
    .sort()
    .join(' ');

/** How many pods ran at the same time. */
export function mostAtOnce({ allPods }: SimulatedRun): number {
  const isAt = (time: Date) => allPods.filter((pod) => pod.startedAt <= time && time < pod.endedAt!).length;
  return Math.max(0, ...allPods.map(({ startedAt }) => isAt(startedAt)));
}
