import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { type CleanupActivities, cleanupQueue, type SweepInput, type SweepReport } from '../contract/index.ts';

/** Looks for pods that nobody will ever delete, and deletes them. Started by a Temporal Schedule that every worker sees to. */
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
