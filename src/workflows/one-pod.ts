/** One try: an activity and its pod. Here it is also guaranteed that the pod goes, whatever became of the activity. */
import { ActivityCancellationType, CancellationScope, log, proxyActivities } from '@temporalio/workflow';
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_GRACE, DEFAULT_HEARTBEAT_TIMEOUT, DEFAULT_TIMEOUTS } from '../contract/defaults.ts';
import {
  isSettled,
  type Cleanup,
  type Duration,
  type EarlierRef,
  type PodActivities,
  type PodResult,
  type PodSpec,
} from '../contract/index.ts';
import type { TaskContext } from './dag/index.ts';
import { waitForDebug, listenForEndDebug } from './keep-for-debug.ts';
import { cleanupOf } from './pod-cleanup.ts';
import {
  asCancellation,
  failureDetails,
  isCancelRequested,
  recordedResult,
  podFactsOf,
  withCleanup,
  type PodFacts,
} from './activity-result.ts';

/** A pod may take its whole time and its grace, be confirmed gone after that, and change workers on the way. */
const SLACK_MS = 30 * 60_000;

/** `over`: the pod is gone, or has ended and is kept. */
export type End = { result: PodResult } | { error: unknown; over: boolean };

/** The failed pod is kept for debugging: what is left to do needs no slot, and may take days. */
export interface Kept {
  afterDebug(): Promise<End>;
}

export interface Try {
  readonly spec: PodSpec;
  /** By the author's code, before any change: the same object as `spec` when there was none. */
  readonly asked: PodSpec;
  readonly try: number;
  /** See `RunPodInput`. */
  readonly earlier: EarlierRef | undefined;
}

/**
 * One activity, so one pod. Ends only when the pod is gone or kept, or everything was done to make it go; after a good end in a DAG
 * when nothing of it runs any more.
 */
export async function onePod({ spec, asked, try: tryNumber, earlier }: Try, context: TaskContext): Promise<End | Kept> {
  const activityId = context.nextActivityId();
  const cleanup = cleanupOf(spec, context.task, activityId);
  if (spec.keepForDebug !== undefined) listenForEndDebug();
  const pods = proxyActivities<PodActivities>({
    activityId,
    summary: context.task,
    // Also when no worker is ever there: a run does not wait for ever.
    scheduleToCloseTimeout: lengthOf(spec) + SLACK_MS,
    heartbeatTimeout: DEFAULT_HEARTBEAT_TIMEOUT,
    // Attempts are infrastructure: they adopt the pod, so they are unlimited and quick.
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '5s' },
    // Left out, a cancelled workflow closes before its pod is gone, whatever the documented default says.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  const scope = CancellationScope.current();
  let closed = false;
  // An attempt hears of a cancel with its next heartbeat; the pod should not have to wait for that.
  if (spec.onCancel !== 'keep') scope.cancelRequested.catch(() => closed || cleanup.hurry());
  try {
    const more = { ...(asked !== spec && { asked }), ...(earlier && { earlier }) };
    const beside = context.confirmLater && { removal: 'beside' as const };
    const result = await pods.runPod({ spec, ...context.place(), try: tryNumber, ...more, ...beside });
    closed = true;
    context.podOver(result.reused ? 'reused' : 'done');
    if (result.cleanup.removing && context.confirmLater) {
      const { uid, namespace } = result.pod;
      context.confirmLater({ pod: { activityId, task: context.task, namespace, uid }, cleanup: result.cleanup });
      return { result };
    }
    if (isSettled(result.cleanup)) return { result };
    // The pod of a reused result is not this run's: what there may be here has no uid that anybody knows.
    return { result: { ...result, cleanup: await cleanup.confirm(result.reused ? {} : result) } };
  } catch (error) {
    closed = true;
    context.podOver('failed');
    const told = podFactsOf(error);
    const isCancelled = () => scope.consideredCancelled || isCancelRequested(error);
    const cleaned = isSettled(told.cleanup)
      ? told.cleanup
      : await (isCancelled() && spec.onCancel === 'keep' ? cleanup.keep(told) : cleanup.confirm(told));
    const result = recordedResult(error, cleaned);
    if (result) return { result };
    const ended = (last: Cleanup): End => {
      const failure = last === told.cleanup ? error : withCleanup(error, last);
      return { error: isCancelled() ? asCancellation(failure, context.task) : failure, over: isSettled(last) };
    };
    const { keepForDebug, onFinish } = spec;
    if (keepForDebug === undefined || cleaned.kept === undefined || !failureDetails(error)) return ended(cleaned);
    return {
      async afterDebug() {
        await keptForDebug(keepForDebug, context, told);
        // Kept by `onFinish` too: it is over, and the sweeper's.
        return ended(onFinish === 'keep' || onFinish === 'keepFailed' ? cleaned : await cleanup.confirm(told));
      },
    };
  }
}

/** Ends with the signal, the time, or a cancel; the pod has to go in any case. */
async function keptForDebug(length: Duration, context: TaskContext, { pod }: PodFacts): Promise<void> {
  const ms = milliseconds(length);
  const until = new Date(Date.now() + ms).toISOString();
  log.warn(`${context.task}: its pod failed and is kept for debugging until ${until}, or the signal endDebug`, { pod });
  context.say(`kept for debugging until ${until.slice(0, 16)}Z: pod ${pod?.namespace}/${pod?.name}`);
  await waitForDebug(context.task, ms).catch(() => undefined);
  context.say(undefined);
}

/** A spec that cannot be read is refused by the activity, with better words; here it only must not fail the workflow task. */
function lengthOf(spec: PodSpec): number {
  try {
    const length =
      milliseconds(spec.timeouts?.total ?? DEFAULT_TIMEOUTS.total) +
      milliseconds(spec.grace ?? DEFAULT_GRACE) +
      milliseconds(spec.timeouts?.terminate ?? DEFAULT_TIMEOUTS.terminate);
    return Math.min(length, milliseconds('10y'));
  } catch {
    return milliseconds(DEFAULT_TIMEOUTS.total);
  }
}
