/** Which moment, and which day, a run is for. */
import { workflowInfo } from '@temporalio/workflow';
import { SCHEDULED_START } from '../../contract/index.ts';

/**
 * The moment that a schedule started this run for, also when it really started later: in a backfill, or after an outage. For a run that
 * no schedule started: what `run --for` said, or else the start of the run. It is the same in every replay.
 *
 *     const until = new Date(scheduledTime().getTime() - 3_600_000);
 */
export function scheduledTime(): Date {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return typedSearchAttributes.get(SCHEDULED_START) ?? startTime;
}

/**
 * The day of `scheduledTime()` as `2026-11-01`. Of a schedule that runs at 02:00 it is the day of the run, not the day before.
 *
 *     runPod({ image: 'etl:3', args: ['load', scheduledDay('Europe/Berlin')] });
 *
 * @param timeZone of IANA, as the schedule's own; default UTC
 * @throws RangeError for an unknown one
 */
export const scheduledDay = (timeZone = 'UTC'): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    scheduledTime(),
  );
