/** `schedule create` and `schedule update`: a new schedule, or one with some things changed. */
import {
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { messageOf } from '../../common/message-of.ts';
import { usage } from '../../common/problem.ts';
import { summaryOf, WORKFLOW_TASK_TIMEOUT } from '../run/start.ts';
import type { Temporal } from '../temporal/connection.ts';
import { workflowArguments } from '../params/workflow-arguments.ts';
import { findWorkflow } from '../params/workflows.ts';
import { clockNotes } from './clock-changes.ts';
import { TASK_QUEUE_MEMO, findSchedule } from './find.ts';
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

export interface Times {
  /** Of its next runs, in its zone. */
  readonly next: readonly string[];
  /** What the changes of the clocks do to it within a year. */
  readonly notes: readonly string[];
}

/** @throws Problem (2): there is one of this name, Temporal refuses it, or it would never run */
export async function createSchedule(temporal: Temporal, options: ScheduleOptions): Promise<Times> {
  const { client } = temporal;
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
  const description = await handle.describe();
  const next = nextTimes(description);
  if (next.length > 0) return { next, notes: await clockNotes(temporal, description) };
  await handle.delete();
  throw usage(`${timesOf(options)}: there is no such time; nothing was created`);
}

function nextTimes({ info, spec }: ScheduleDescription): string[] {
  const zone = zoneOf(spec);
  return info.nextActionTimes.map((time) => `${textIn(zone, time.getTime())} ${zone}`);
}

const timesOf = ({ spec }: ScheduleOptions) =>
  spec.cronExpressions
    ? `--cron '${spec.cronExpressions.map((text) => text.split(' # ', 1)[0]).join("' --cron '")}'`
    : '--every';

export interface UpdateRequest {
  readonly name: string;
  /** The arguments as typed; none: they stay. */
  readonly words: readonly string[];
  readonly timing: TimingOptions;
  readonly note?: string | undefined;
}

/** @throws Problem (2); nothing has changed then */
export async function updateSchedule(temporal: Temporal, { name, words, timing, note }: UpdateRequest): Promise<Times> {
  const { handle, description } = await findSchedule(temporal, name);
  const { workflowType } = description.action;
  const args = words.length === 0 ? undefined : workflowArguments(await findWorkflow(workflowType), words);
  const { cron, every, offset, timeZone, jitter } = timing;
  const times = cron ?? every;
  if (times === undefined && [offset, timeZone, jitter].some((one) => one !== undefined))
    throw usage('--offset, --time-zone and --jitter belong to times: give --cron or --every again with them');
  const spec = times === undefined ? undefined : specOf({ timeZone: zoneOf(description.spec), ...timing });
  const policies = policiesOf(timing);
  if (!args && !spec && Object.keys(policies).length === 0 && note === undefined)
    throw usage('there is nothing to change');
  try {
    await handle.update(({ action, ...now }): ScheduleUpdateOptions => ({
      ...now,
      ...(spec && { spec }),
      policies: { ...now.policies, ...policies },
      state: { ...now.state, ...(note !== undefined && { note }) },
      action: { ...action, ...(args && { args, staticSummary: summaryOf(workflowType, args) }) },
    }));
  } catch (error) {
    if (error instanceof TypeError) throw usage(`Temporal refuses this: ${messageOf(error)}; nothing was changed`);
    throw error;
  }
  const changed = await handle.describe();
  return { next: nextTimes(changed), notes: spec ? await clockNotes(temporal, changed) : [] };
}
