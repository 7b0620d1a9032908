/** Runs of a schedule out of their time: for times that are past, and now. */
import { usage } from '../../common/problem.ts';
import type { Temporal } from '../temporal/connection.ts';
import { pause } from '../../common/pause.ts';
import { callText } from '../../common/program-name.ts';
import { clockNotes } from './clock-changes.ts';
import type { FoundSchedule } from './find.ts';
import { LIMIT, timesIn } from './matching-times.ts';
import { policyOf, zoneOf, type Overlap } from './timing.ts';
import { readMoment, textIn } from './zone.ts';

export interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  /** Default: one after another. The schedule's own policy would skip all but the first. */
  readonly overlap?: Overlap;
}

/** The times, in the schedule's zone, that runs were asked for, and what the changes of the clocks do to them. @throws Problem (2) */
export async function backfill(
  temporal: Temporal,
  { handle, description }: FoundSchedule,
  { from, to, overlap = 'buffer-all' }: BackfillOptions,
): Promise<{ times: string[]; notes: string[] }> {
  const zone = zoneOf(description.spec);
  const first = readMoment('--from', from, zone);
  const last = Math.min(readMoment('--to', to, zone, 'last'), Date.now());
  if (first > Date.now()) throw usage(`--from: ${from} is not over yet; a backfill is for what is past`);
  if (first > last) throw usage(`--from ${from} is later than --to ${to}`);
  // Of the two ends of a range Temporal takes the second one only.
  const range = { start: new Date(first - 1), end: new Date(last) };
  const times = await timesIn(temporal, handle.scheduleId, range);
  const notes = await clockNotes(temporal, description, { from: first, to: last });
  if (times.length === 0) {
    const why = notes.map((note) => `\n  ${note}`).join('');
    throw usage(`'${handle.scheduleId}' has no time from ${from} to ${to}; nothing was started${why}`);
  }
  if (times.length >= LIMIT)
    throw usage(`from ${from} to ${to} there are ${LIMIT} times or more: take a shorter range; nothing was started`);
  await handle.backfill({ ...range, overlap: policyOf(overlap) });
  return { times: times.map((time) => textIn(zone, time)), notes };
}

/** Temporal answers before it has started anything; within this it usually has. */
const STARTED_WITHIN_MS = 5_000;

/** What came of it, in words. @param overlap default: the schedule's own */
export async function trigger({ handle, description }: FoundSchedule, overlap?: Overlap): Promise<string> {
  const before = description.info;
  // Without one the SDK would start one more beside whatever runs.
  await handle.trigger(overlap ? policyOf(overlap) : description.policies.overlap);
  for (const end = Date.now() + STARTED_WITHIN_MS; Date.now() < end; await pause(200)) {
    const { info } = await handle.describe();
    const last = info.recentActions.at(-1)?.action.workflow;
    if (info.numActionsTaken > before.numActionsTaken && last)
      return `started ${last.workflowId}\n  follow it: ${callText('show', last.workflowId)}`;
    if (info.numActionsSkippedOverlap > before.numActionsSkippedOverlap)
      return 'nothing was started: a run of it is under way, and its policy is to skip; --overlap allow-all starts one more';
  }
  return 'it is asked for, and starts when its turn comes';
}
