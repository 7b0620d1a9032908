/** A schedule with some things changed. */
import type { ScheduleUpdateOptions } from '@temporalio/client';
import { messageOf } from '../../common/message-of.ts';
import { usage } from '../../common/problem.ts';
import { summaryOf } from '../start.ts';
import type { Temporal } from '../temporal.ts';
import { workflowArguments } from '../workflow-arguments.ts';
import { findWorkflow } from '../workflows.ts';
import { nextTimes } from './create.ts';
import { findSchedule } from './find.ts';
import { policiesOf, specOf, zoneOf, type TimingOptions } from './timing.ts';

export interface UpdateRequest {
  readonly name: string;
  /** The arguments as typed; none: they stay. */
  readonly words: readonly string[];
  readonly timing: TimingOptions;
  readonly note?: string | undefined;
}

/** Its next times, in its zone. @throws Problem (2); nothing has changed then */
export async function updateSchedule(
  temporal: Temporal,
  { name, words, timing, note }: UpdateRequest,
): Promise<string[]> {
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
  return nextTimes(await handle.describe());
}
