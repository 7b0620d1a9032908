import type { V1Pod } from '@kubernetes/client-node';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { type CleanupActivities, cleanupQueue, type DryRunInput } from '../contract/index.ts';

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
