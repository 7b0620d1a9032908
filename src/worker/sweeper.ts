/** The Temporal Schedule that starts the sweeps. One per task queue, so one per Kubernetes cluster. */
import { Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ConnectionLike } from '@temporalio/client';
import { milliseconds } from '../common/duration.ts';
import type { TemporalConfig } from '../config/index.ts';

export const sweeperId = (taskQueue: string) => `temporal-pods-sweeper-${taskQueue}`;

/** Creates the schedule unless it is there; one that somebody changed or paused stays as it is. */
export async function ensureSweeper(connection: ConnectionLike, { namespace, taskQueue, sweepEvery }: TemporalConfig) {
  if (sweepEvery === undefined) return;
  const client = new Client({ connection, namespace });
  try {
    await client.schedule.create({
      scheduleId: sweeperId(taskQueue),
      spec: { intervals: [{ every: milliseconds(sweepEvery) }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweep',
        workflowId: sweeperId(taskQueue),
        taskQueue,
        args: [{}],
        workflowExecutionTimeout: '30m',
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
