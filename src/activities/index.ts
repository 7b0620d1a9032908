import type { CleanupActivities, PodActivities } from '../contract/index.ts';
import type { PodDependencies } from './dependencies.ts';
import { confirmPods } from './confirm-pods.ts';
import { deletePod } from './delete-pod.ts';
import { dryRun } from './dry-run.ts';
import { EarlierRuns } from './earlier-runs.ts';
import { runPod } from './run-pod.ts';
import { sweep } from './sweep.ts';

export type { PodDependencies } from './dependencies.ts';
export { Removals } from './removals.ts';

/** For the task queue of the pods: each call holds a slot for the life of its pod. */
export function createPodActivities(dependencies: PodDependencies) {
  const earlierRuns = new EarlierRuns();
  return { runPod: (input) => runPod(dependencies, input, earlierRuns) } satisfies PodActivities;
}

/** For the task queue of the cleanups: they are short, and must find a slot when every other one holds a pod. */
export const createCleanupActivities = (dependencies: PodDependencies) =>
  ({
    deletePod: (input) => deletePod(dependencies, input),
    confirmPods: (input) => confirmPods(dependencies, input),
    dryRun: (input) => dryRun(dependencies, input),
    sweep: (input) => sweep(dependencies, input),
  }) satisfies CleanupActivities;
