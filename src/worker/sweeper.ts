/** The Temporal Schedule that starts the sweeps. One per task queue, so one per Kubernetes cluster. */
import {
  Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ConnectionLike,
  type IntervalSpec,
  type ScheduleClient,
} from '@temporalio/client';
import { milliseconds } from '../common/duration.ts';
import type { TemporalConfig } from '../config/index.ts';

export const sweeperId = (taskQueue: string) => `temporal-pods-sweeper-${taskQueue}`;

/**
 * Makes the schedule what this worker was told: the worker that starts last decides for its task queue. Whatever else an operator has
 * changed stays, and so does a pause: a paused schedule sweeps nothing, so `never` leaves it there.
 */
export async function adjustSweeper(
  connection: ConnectionLike,
  { namespace, taskQueue, sweepEvery }: Pick<TemporalConfig, 'namespace' | 'taskQueue' | 'sweepEvery'>,
): Promise<void> {
  const { schedule } = new Client({ connection, namespace });
  const handle = schedule.getHandle(sweeperId(taskQueue));
  const found = await handle.describe().catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  });
  if (sweepEvery === undefined) {
    if (found && !found.state.paused) await handle.delete();
    return;
  }
  const intervals = [{ every: milliseconds(sweepEvery) }];
  if (!found) return create(schedule, taskQueue, intervals);
  const [now, ...more] = found.spec.intervals ?? [];
  if (now?.every !== intervals[0]?.every || more.length > 0)
    await handle.update((present) => ({ ...present, spec: { ...present.spec, intervals } }));
}

async function create(schedule: ScheduleClient, taskQueue: string, intervals: IntervalSpec[]): Promise<void> {
  try {
    await schedule.create({
      scheduleId: sweeperId(taskQueue),
      spec: { intervals },
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
    // Another worker that starts right now was quicker.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
