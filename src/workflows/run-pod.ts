/**
 * `runPod`, as a workflow calls it: the tries of one pod task. Each try is an activity of its own and so a pod of its own,
 * visible in the history. Here it is also guaranteed that a pod goes, whatever became of its activity.
 */
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type { PodActivities } from '../activities/index.ts';
import { milliseconds } from '../duration.ts';
import type { PodResult, PodSpec } from '../types.ts';
import { inSlot, type Slot } from './dag/index.ts';
import { cleanupOf } from './pod-cleanup.ts';
import { asCancellation, failureDetails, isCancelRequested, recordedResult, whatWasTold } from './told.ts';
import { firstTry } from './tries.ts';

/** A pod may take its whole time and its grace, and be confirmed gone after that. */
const SLACK_MS = 30 * 60_000;

/**
 * Runs one pod to its end and returns what came of it.
 *
 * @throws ActivityFailure whose `cause` is an ApplicationFailure: `type` is the `OutcomeKind` (`ContainerFailed`, `OOMKilled`, …) or
 *   `InvalidSpec`, `Forbidden`, `NamespaceNotFound`, `PodNameConflict`; `details[0]` is a `PodFailureDetails`
 * @throws CancelledFailure when the scope around it is cancelled, after the pod is gone
 */
export async function runPod<Output = unknown>(spec: PodSpec): Promise<PodResult<Output>> {
  // A task's handle inside the spec is refused here with the task's name; Temporal would only say that it cannot convert it.
  JSON.stringify(spec);
  return inSlot(async (slot) => {
    for (let round = firstTry(spec); ;) {
      const end = await onePod(spec, slot, round.try);
      if ('result' in end) return end.result as PodResult<Output>;
      // While the old pod may still be there, a new one would work beside it.
      const again = end.gone && !isCancellation(end.error) ? round.after(failureDetails(end.error)) : undefined;
      if (!again || !slot.mayGoOn()) throw end.error;
      log.warn(`${slot.task}: ${again.why}`, { waitMs: again.waitMs });
      await sleep(again.waitMs, { summary: `${slot.task}: before the next try` });
      if (!slot.mayGoOn()) throw end.error;
      round = again.round;
    }
  });
}

type End = { result: PodResult } | { error: unknown; gone: boolean };

/** One activity, so one pod. Ends only when the pod is gone, or everything was done to make it go. */
async function onePod(spec: PodSpec, slot: Slot, tryNumber: number): Promise<End> {
  const activityId = slot.nextActivityId();
  const cleanup = cleanupOf(spec, slot.task, activityId);
  const pods = proxyActivities<PodActivities>({
    activityId,
    summary: slot.task,
    // Also when no worker is ever there: a run does not wait for ever.
    scheduleToCloseTimeout: lengthOf(spec) + SLACK_MS,
    heartbeatTimeout: '30s',
    // Attempts are infrastructure: they adopt the pod, so they are unlimited and quick.
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '5s' },
    // Left out, a cancelled workflow closes before its pod is gone, whatever the documented default says.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  const scope = CancellationScope.current();
  let closed = false;
  // An attempt hears of a cancel with its next heartbeat; the pod should not have to wait for that.
  scope.cancelRequested.catch(() => closed || cleanup.hurry());
  try {
    const result = await pods.runPod({ spec, task: slot.task, after: slot.after(), try: tryNumber });
    closed = true;
    return {
      result: result.cleanup.gone ? result : { ...result, cleanup: await cleanup.confirm({ pod: result.pod }) },
    };
  } catch (error) {
    closed = true;
    const told = whatWasTold(error);
    const cleaned = told.cleanup?.gone ? told.cleanup : await cleanup.confirm(told);
    const result = recordedResult(error, cleaned);
    if (result) return { result };
    const { gone } = cleaned;
    const cancelled = scope.consideredCancelled || isCancelRequested(error);
    return { error: cancelled ? asCancellation(error, slot.task) : error, gone };
  }
}

/** A spec that cannot be read is refused by the activity, with better words; here it only must not fail the workflow task. */
function lengthOf(spec: PodSpec): number {
  try {
    const length = milliseconds(spec.timeouts?.total ?? '24h') + milliseconds(spec.grace ?? '30s');
    return Math.min(length, milliseconds('10y'));
  } catch {
    return milliseconds('24h');
  }
}
