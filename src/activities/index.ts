import type { DeletePodInput, DryRunInput, RunPodInput, SweepInput } from '../contract/index.ts';
import type { PodDependencies } from './dependencies.ts';
import { deletePod } from './delete-pod.ts';
import { dryRun } from './dry-run.ts';
import { EarlierRuns } from './earlier/earlier-runs.ts';
import { runPod } from './run-pod.ts';
import { sweep } from './sweep.ts';

export type { PodDependencies } from './dependencies.ts';

/** For the task queue of the pods: each call holds a slot for the life of its pod. */
export function createPodActivities(dependencies: PodDependencies) {
  const earlierRuns = new EarlierRuns();
  return { runPod: (input: RunPodInput) => runPod(dependencies, input, earlierRuns) };
}

/** For the task queue of the cleanups: they are short, and must find a slot when every other one holds a pod. */
export const createCleanupActivities = (dependencies: PodDependencies) => ({
  deletePod: (input: DeletePodInput) => deletePod(dependencies, input),
  dryRun: (input: DryRunInput) => dryRun(dependencies, input),
  sweep: (input: SweepInput) => sweep(dependencies, input),
});

export type PodActivities = ReturnType<typeof createPodActivities>;
export type CleanupActivities = ReturnType<typeof createCleanupActivities>;
