/** A run of a schedule, now. */
import { pause } from '../../common/pause.ts';
import { callText } from '../call-text.ts';
import type { FoundSchedule } from './find.ts';
import { policyOf, type Overlap } from './timing.ts';

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
