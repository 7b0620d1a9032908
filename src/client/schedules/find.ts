/** The schedules of this task queue. */
import type { ScheduleDescription, ScheduleHandle, ScheduleSummary } from '@temporalio/client';
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';
import { callText } from '../../common/program-name.ts';
import { sweeperId } from '../../worker/sweeper.ts';
import type { Temporal } from '../temporal/connection.ts';

/** A list of schedules tells no task queue, so we write it beside each one. */
export const TASK_QUEUE_MEMO = 'taskQueue';

export interface FoundSchedule {
  readonly handle: ScheduleHandle;
  readonly description: ScheduleDescription;
}

/** @throws Problem (2) when there is none of this name, or it starts runs on another task queue */
export async function findSchedule(temporal: Temporal, name: string): Promise<FoundSchedule> {
  const { client, config } = temporal;
  const handle = client.schedule.getHandle(name);
  const description = await handle.describe().catch(async (error: unknown) => {
    throw isNoSchedule(error) ? await missing(temporal, name) : error;
  });
  const { taskQueue } = description.action;
  if (taskQueue === config.taskQueue) return { handle, description };
  throw usage(
    `the schedule '${name}' starts runs on task queue '${taskQueue}', and this is '${config.taskQueue}': ` +
      `set TEMPORAL_PODS_TASK_QUEUE=${taskQueue}`,
  );
}

/** @param all the sweeper's too */
export async function listSchedules({ client, config }: Temporal, all = false): Promise<ScheduleSummary[]> {
  const found: ScheduleSummary[] = [];
  for await (const schedule of client.schedule.list())
    if (
      schedule.memo?.[TASK_QUEUE_MEMO] === config.taskQueue ||
      (all && schedule.scheduleId === sweeperId(config.taskQueue))
    )
      found.push(schedule);
  return found.sort((a, b) => a.scheduleId.localeCompare(b.scheduleId));
}

const isNoSchedule = (error: unknown) => error instanceof Error && error.name === 'ScheduleNotFoundError';

async function missing(temporal: Temporal, name: string) {
  const known = await listSchedules(temporal).catch(() => []);
  const hint = suggestion(
    name,
    known.map(({ scheduleId }) => scheduleId),
  );
  return usage(
    `there is no schedule '${name}' in namespace '${temporal.config.namespace}'${hint}\n` +
      `  which there are: ${callText('schedule', 'list')}`,
  );
}
