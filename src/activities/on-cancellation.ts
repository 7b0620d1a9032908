/**
 * What an attempt that is to end before the pod's end is known does about the pod. Not every cancellation of an attempt is one of
 * the task: only a cancel that was requested, and that Temporal confirms, stops the pod.
 */
import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { ActivityNotFoundError } from '@temporalio/client';
import type { ActivityCancellationDetails } from '@temporalio/common';
import type { PodOutcome } from '../contract/index.ts';
import { CancelRequested } from './attempt.ts';
import { fuller } from './pod-logs.ts';
import type { PodRun } from './pod-run.ts';
import { stateOfRun } from './run-state.ts';
import { untilAnswered } from './temporal-calls.ts';
import { isOver, letRunOn } from './keep-pod.ts';
import { everStarted } from '../pod/status.ts';
import { keepOf } from '../pod/keeping.ts';
import { fitting } from './recorder.ts';
import { mainHasEnded, lookAtPod, takeDown, takeDownUnseen } from './take-down.ts';

/** @throws always: what the SDK is to be told */
export async function onCancellation(run: PodRun, interruption: unknown): Promise<never> {
  const { context, spec } = run.attempt;
  // This attempt has asked once already, if it was not the SDK that was told.
  const asked = interruption instanceof CancelRequested ? 1 : 0;
  const heard = asked > 0 ? 'delete' : meaningOf(context.cancellationDetails);
  switch (heard === 'delete' ? await meaningOfCancel(run, asked) : heard) {
    case 'delete':
      await cancel(run);
      throw new CompleteAsyncError();
    case 'ask':
      // With `keep` the workflow marks the pod, and would find it deleted.
      if (await isAbandoned(context, { workflowCares: spec.onCancel === 'keep' })) await abandon(run);
      throw interruption;
    case 'pause':
      if (spec.onPause === 'delete') await giveUpForPause(run);
      throw interruption;
    case 'leave':
      throw interruption;
  }
}

/**
 * Reports the cancel by task token, not by throwing: the SDK may not have been told of the cancel yet, and would make a failure
 * of what is thrown; and the report carries what the workflow needs to know about the pod.
 */
async function cancel(run: PodRun): Promise<void> {
  const { context, recorder, spec } = run.attempt;
  const cleanup = await (spec.onCancel === 'keep' ? letRunOn(run) : takeDownUnseen(run));
  const { pod, cluster } = recorder.state;
  const facts = { pod, cluster, cleanup, logs: run.logs.summary() };
  await untilAnswered(context, () =>
    context.client.activity.reportCancellation(context.info.taskToken, facts).catch((error: unknown) => {
      // An activity that Temporal does not know any more needs no report.
      if (!(error instanceof ActivityNotFoundError)) throw error;
    }),
  );
}

/**
 * The workflow, or a later attempt, may have been quicker than this one, and have left the pod on purpose. Without an answer nobody knows:
 * then it is the sweeper's.
 */
async function abandon(run: PodRun): Promise<void> {
  if (!(await lookAtPod(run))) return;
  if (run.watcher && keepOf(run.watcher.latest, Date.now()) === 'kept') return;
  await takeDownUnseen(run);
}

/** The next attempt finds the end that is recorded here, and fails with it: what then follows is for the workflow's tries. */
async function giveUpForPause(run: PodRun): Promise<void> {
  const { recorder } = run.attempt;
  await lookAtPod(run);
  const pod = run.watcher && !run.watcher.gone ? run.watcher.latest : undefined;
  // What is over by itself is left as it is: the next attempt reads how it ended.
  if (!pod || recorder.state.ended || mainHasEnded(run) || isOver(pod)) return;
  const ended = await run.record({ outcome: paused(everStarted(pod)), stillRuns: true, patient: true });
  await takeDown(run);
  await recorder.record({ ended: fitting({ ...ended, logs: fuller(run.logs.summary(), ended.logs) }) });
}

const paused = (startedEver: boolean): PodOutcome => ({
  kind: 'PodDisrupted',
  reason: 'Paused',
  message: "the task was paused, and its spec says onPause: 'delete'",
  startedEver,
});

type Meaning =
  /** Delete the pod and report the cancel: there will be no other attempt. */
  | 'delete'
  /** Our attempt may be superseded, or its run closed: ask Temporal which, and delete only in the second case. */
  | 'ask'
  /** Leave the pod, unless the spec has another wish for a pause. */
  | 'pause'
  /** Leave the pod: the next attempt adopts it. */
  | 'leave';

/** The flags overlap (a local timeout sets two), so they are read from the top. */
function meaningOf(details: ActivityCancellationDetails | undefined): Meaning {
  if (details?.cancelRequested) return 'delete';
  if (details?.notFound || details?.timedOut) return 'ask';
  if (details?.paused) return 'pause';
  return 'leave'; // workerShutdown, reset, or no flag at all (details that could not be converted)
}

/**
 * An attempt whose heartbeat is too large (a codec can make it so) is failed, and hears of that as of a cancel, from the SDK and from the
 * server. Who asks again hears of a cancel once more; of an attempt that was failed, that there is none.
 */
async function meaningOfCancel({ attempt: { context, recorder } }: PodRun, asked: number): Promise<Meaning> {
  for (let times = asked; times < 2; times++) {
    const standing = await recorder.ask();
    if (standing === 'cancelled') continue;
    if (standing === 'notFound') return 'ask';
    context.log.warn(`an attempt that was told of a cancel is ${standing}: its pod is left to the next one`);
    return 'leave';
  }
  return 'delete';
}

/**
 * Whether no attempt and no workflow will take care of this pod any more. No answer counts as "one will".
 *
 * @param options.workflowCares the workflow's own cleanup sees to the pod for as long as its run is open
 */
async function isAbandoned(context: Context, { workflowCares = false } = {}): Promise<boolean> {
  const { workflowExecution, activityId } = context.info;
  if (!workflowExecution) return false;
  const run = await stateOfRun(context.client, workflowExecution);
  return run === 'closed' || (!workflowCares && run !== 'unknown' && !run.pending.has(activityId));
}
