/** What the end of a `runPod` activity tells about its pod: in a failure, a cancellation, or its last heartbeat. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, isCancellation } from '@temporalio/workflow';
import { type Cleanup, keptLine, type PodFailureDetails, type PodRecord, type PodResult } from '../contract/index.ts';

export type PodFacts = Partial<Pick<PodFailureDetails, 'pod' | 'cluster' | 'cleanup'>>;

/** What the activity said about its pod before it ended, in whichever way it got to say it. */
export function podFactsOf(error: unknown): PodFacts {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure) {
    const details = cause.details?.[0] as PodFacts | string | null | undefined;
    if (typeof details === 'object' && details !== null) return details;
  }
  return lastRecord(cause) ?? {};
}

/** A timeout that struck between the recorded end and the answer: the work is done, and must not be done again. */
export function recordedResult(error: unknown, cleanup: Cleanup): PodResult | undefined {
  const record = error instanceof ActivityFailure ? lastRecord(error.cause) : undefined;
  if ((record?.ended?.outcome.kind !== 'Succeeded' && record?.ended?.outcome.kind !== 'Skipped') || !record.pod)
    return undefined;
  const { outcome, output, outputFile, node, times, logs, events, problems } = record.ended;
  // A workflow reads no file, and without its output it would be another result: the timeout stands.
  if (outputFile) return undefined;
  return {
    outcome: record.ended.outcome.kind,
    exitCode: outcome.exitCode ?? 0,
    output,
    pod: { ...record.pod, ...(node !== undefined && { node }) },
    times,
    logs,
    ...(events && { events }),
    ...(problems && { problems }),
    cleanup,
  };
}

const lastRecord = (cause: unknown) =>
  (cause as { lastHeartbeatDetails?: PodRecord } | undefined)?.lastHeartbeatDetails;

/** The server closes a cancelled activity's last attempt with whatever it failed with; it is a cancellation all the same. */
export const isCancelRequested = (error: unknown) =>
  isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');

export const asCancellation = (error: unknown, task: string) =>
  isCancellation(error) ? error : new CancelledFailure(`${task} was cancelled`, [], error as Error);

export function failureDetails(error: unknown): PodFailureDetails | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as PodFailureDetails | undefined) : undefined;
}

/** The same failure with what became of its pod afterwards: without that it would go on telling of a pod that is gone. */
export function withCleanup(error: unknown, cleanup: Cleanup): unknown {
  const details = failureDetails(error);
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure) || !details) return error;
  const { message, type, stack } = error.cause;
  // A new one: the SDK sends on what it has received as it came, whatever is changed in it.
  const cause = ApplicationFailure.create({
    message: cleanup.kept === undefined ? withoutKept(message, details) : message,
    nonRetryable: true,
    details: [{ ...details, cleanup }],
    ...(type != null && { type }),
  });
  if (stack !== undefined) cause.stack = stack;
  const { activityType, activityId, retryState, identity } = error;
  return new ActivityFailure(error.message, activityType, activityId, retryState, identity, cause);
}

/** Without the line that says how long its pod is kept. */
function withoutKept(message: string, { pod, cleanup }: PodFailureDetails): string {
  const line = `\n${keptLine(pod, cleanup)}`;
  return message.endsWith(line) ? message.slice(0, -line.length) : message;
}
