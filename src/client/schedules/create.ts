/** A new schedule, or a changed one. */
import { ScheduleAlreadyRunning, type ScheduleDescription, type ScheduleOptions } from '@temporalio/client';
import { messageOf } from '../../common/message-of.ts';
import { usage } from '../../common/problem.ts';
import { summaryOf, WORKFLOW_TASK_TIMEOUT } from '../start.ts';
import type { Temporal } from '../temporal.ts';
import { TASK_QUEUE_MEMO } from './find.ts';
import { policiesOf, specOf, zoneOf, type TimingOptions } from './timing.ts';
import { textIn } from './zone.ts';

export interface ScheduleRequest {
  readonly name: string;
  readonly workflow: string;
  readonly args: readonly unknown[];
  readonly timing: TimingOptions;
  readonly paused?: boolean | undefined;
  readonly note?: string | undefined;
}

/** Without a word to Temporal: whatever can be wrong with the call is found here. @throws Problem (2) */
export function scheduleOptions({ name, workflow, args, timing, paused, note }: ScheduleRequest, taskQueue: string) {
  if (name === '') throw usage('the name of the schedule is empty');
  return {
    scheduleId: name,
    spec: specOf(timing),
    policies: policiesOf(timing),
    state: { paused: paused ?? false, ...(note !== undefined && { note }) },
    memo: { [TASK_QUEUE_MEMO]: taskQueue },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      // Temporal appends the moment: `nightly-2026-11-01T02:00:00Z`.
      workflowId: name,
      taskQueue,
      args: [...args],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      staticSummary: summaryOf(workflow, args),
    },
  } satisfies ScheduleOptions;
}

/** The times of its next runs, in its zone. @throws Problem (2): there is one of this name, Temporal refuses it, or it would never run */
export async function createSchedule({ client }: Temporal, options: ScheduleOptions): Promise<string[]> {
  const { scheduleId } = options;
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning)
      throw usage(
        `there is a schedule '${scheduleId}' already; nothing was changed. To change it: schedule update, or delete it first`,
      );
    // What the SDK makes of Temporal's own word about a cron text.
    if (error instanceof TypeError) throw usage(`${timesOf(options)}: ${messageOf(error)}; nothing was created`);
    throw error;
  }
  const handle = client.schedule.getHandle(scheduleId);
  const times = nextTimes(await handle.describe());
  if (times.length > 0) return times;
  await handle.delete();
  throw usage(`${timesOf(options)}: there is no such time; nothing was created`);
}

export function nextTimes({ info, spec }: ScheduleDescription): string[] {
  const zone = zoneOf(spec);
  return info.nextActionTimes.map((time) => `${textIn(zone, time.getTime())} ${zone}`);
}

const timesOf = ({ spec }: ScheduleOptions) =>
  spec.cronExpressions
    ? `--cron '${spec.cronExpressions.map((text) => text.split(' # ', 1)[0]).join("' --cron '")}'`
    : '--every';
