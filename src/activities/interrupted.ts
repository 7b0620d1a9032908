/** What an attempt that is to end before the pod's end is known does about the pod. */
import { CompleteAsyncError } from '@temporalio/activity';
import type { LogSummary, PodEnd, PodOutcome } from '../contract/index.ts';
import { CancelRequested } from './attempt.ts';
import { isAbandoned, meaningOf } from './cancellation.ts';
import type { Verdict } from './conclude.ts';
import { isOver, letRunOn } from './keep-pod.ts';
import { everStarted } from '../pod/containers.ts';
import { keepOf } from '../pod/keeping.ts';
import { fitting } from './result/fitting.ts';
import { mainHasEnded, see, takeDown, takeDownUnseen, type Watched } from './take-down.ts';

/** What an attempt has of its pod, and how it writes its end down. */
export interface Life extends Watched {
  record(verdict: Verdict): Promise<PodEnd>;
}

/** @throws always: what the SDK is to be told */
export async function interrupted(life: Life, interruption: unknown): Promise<never> {
  const { context, spec } = life.attempt;
  const cancelled = interruption instanceof CancelRequested;
  switch (cancelled ? 'delete' : meaningOf(context.cancellationDetails)) {
    case 'delete':
      await cancel(life);
      throw new CompleteAsyncError();
    case 'ask':
      // With `keep` the workflow marks the pod, and would find it deleted.
      if (await isAbandoned(context, { workflowCares: spec.onCancel === 'keep' })) await abandon(life);
      throw interruption;
    case 'pause':
      if (spec.onPause === 'delete') await giveUpForPause(life);
      throw interruption;
    case 'leave':
      throw interruption;
  }
}

/**
 * Reports the cancel by task token, not by throwing: the SDK may not have been told of the cancel yet, and would make a failure
 * of what is thrown; and the report carries what the workflow needs to know about the pod.
 */
async function cancel(life: Life): Promise<void> {
  const { context, recorder, spec } = life.attempt;
  const cleanup = await (spec.onCancel === 'keep' ? letRunOn(life) : takeDownUnseen(life));
  const { pod, cluster } = recorder.state;
  await life.attempt.sayToTemporal(() =>
    context.client.activity.reportCancellation(context.info.taskToken, {
      pod,
      cluster,
      cleanup,
      logs: life.logs.summary(),
    }),
  );
}

/** The workflow may have been quicker than this attempt, and have left the pod on purpose. */
async function abandon(life: Life): Promise<void> {
  await see(life);
  if (life.feed && keepOf(life.feed.latest, Date.now()) === 'kept') return;
  await takeDownUnseen(life);
}

/** The next attempt finds the end that is recorded here, and fails with it: what then follows is for the workflow's tries. */
async function giveUpForPause(life: Life): Promise<void> {
  const { recorder } = life.attempt;
  await see(life);
  const pod = life.feed && !life.feed.gone ? life.feed.latest : undefined;
  // What is over by itself is left as it is: the next attempt reads how it ended.
  if (!pod || recorder.state.ended || mainHasEnded(life) || isOver(pod)) return;
  const ended = await life.record({ outcome: paused(everStarted(pod)), stillRuns: true, patient: true });
  await takeDown(life);
  await recorder.record({ ended: fitting({ ...ended, logs: fuller(life.logs.summary(), ended.logs) }) });
}

const paused = (startedEver: boolean): PodOutcome => ({
  kind: 'PodDisrupted',
  reason: 'Paused',
  message: "the task was paused, and its spec says onPause: 'delete'",
  startedEver,
});

/** This attempt's counters cover everything before it; an attempt that only cleaned up has none. */
export const fuller = (now: LogSummary | undefined, recorded: LogSummary): LogSummary =>
  now && now.lines >= recorded.lines ? now : recorded;
