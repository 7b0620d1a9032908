/** Workflows that every worker has, whatever its own are: sweeps are started by a schedule, the others by the client. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import {
  type PodResult,
  type PodSpec,
  type CleanupActivities,
  cleanupQueue,
  type DryRunInput,
  type SweepInput,
  type SweepReport,
} from '../contract/index.ts';
import type { V1Pod } from '../contract/kubernetes.ts';
import { dag } from './dag/index.ts';
import { runPod } from './run-pod.ts';

/** One pod from a spec given as the argument. */
export async function pod(spec: PodSpec): Promise<PodResult> {
  return dag(async (task) => task('main', () => runPod(spec)));
}

pod.description = 'One pod from a spec given as the argument.';

/** The pod that `runPod` would create from this spec, without creating it. */
export async function dryRun(input: DryRunInput): Promise<V1Pod> {
  // A wrong input is refused by the activity, with words; here it only must not fail the workflow task.
  const task = String((input as DryRunInput | null)?.task ?? 'main');
  const activities = proxyActivities<CleanupActivities>({
    activityId: `${task}-1`,
    // It takes a moment; behind the pods it might wait for hours.
    taskQueue: cleanupQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '1m',
    scheduleToCloseTimeout: '5m',
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '5s', maximumAttempts: 5 },
    summary: `dry run of ${task}`,
  });
  return activities.dryRun(input);
}

dryRun.description = 'The pod that a spec would become, without creating it.';

/** Looks for pods that no run or worker will ever delete, and deletes them. Started by a Temporal Schedule that every worker sees to. */
export async function sweep(input: SweepInput = {}): Promise<SweepReport> {
  const activities = proxyActivities<CleanupActivities>({
    taskQueue: cleanupQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '10m',
    scheduleToCloseTimeout: '15m',
    heartbeatTimeout: '30s',
    summary: input.dryRun ? 'sweep, dry run' : 'sweep',
  });
  return activities.sweep(input);
}

sweep.description = 'Deletes the pods that nobody is left to delete; a schedule starts it every few minutes.';
