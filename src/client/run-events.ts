/**
 * What a history says about the pods of a run. Everything is in it, so following a run asks nothing of a worker, and works while none
 * is there.
 */
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowService } from '@temporalio/client';
import type {
  Cleanup,
  DeletePodInput,
  LogSummary,
  PodFailureDetails,
  PodRef,
  PodResult,
  PodTimes,
  RunPodInput,
} from '../types.ts';
import { rootFailure } from './failure.ts';

type Page = Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistory']>>;
export type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];

export interface PodTask {
  readonly activityId: string;
  readonly task: string;
  readonly main: string;
  readonly try: number;
  /** Names of the tasks that it waited for. */
  readonly after: readonly string[];
}

/** How a pod's activity ended, and what it said about the pod. */
export interface PodEnd {
  readonly how: 'done' | 'failed' | 'cancelled' | 'timed out';
  /** Of a failure: its type, and its first line. */
  readonly why?: string;
  /** It ended well, with an exit code of `exitCodes.skip`. */
  readonly skipped?: boolean;
  readonly pod?: (PodRef & { readonly node?: string | undefined }) | undefined;
  readonly exitCode?: number | undefined;
  readonly times?: PodTimes | undefined;
  readonly logs?: LogSummary | undefined;
  readonly cleanup?: Cleanup | undefined;
}

export type RunEvent =
  /** A worker has taken the run. */
  | { readonly kind: 'taken' }
  /** The workflow's code threw: Temporal tries it again and again, the run only looks as if it hung. */
  | { readonly kind: 'stuck'; readonly why: string }
  | { readonly kind: 'scheduled'; readonly pod: PodTask; readonly at: number }
  | { readonly kind: 'ended'; readonly pod: PodTask; readonly end: PodEnd; readonly at: number }
  /** The workflow's own cleanup has ended. */
  | { readonly kind: 'cleaned'; readonly activityId: string; readonly cleanup: Cleanup };

interface Ended {
  readonly scheduledEventId?: unknown;
  readonly at: number;
}

/** Reads a history, event by event in its order: an activity's end names only the event that scheduled it. */
export function eventReader(): (event: HistoryEvent) => RunEvent | undefined {
  const pods = new Map<string, PodTask>();
  const cleanups = new Map<string, string>();

  const ended = ({ scheduledEventId, at }: Ended, end: () => PodEnd, cleaned: () => Cleanup): RunEvent | undefined => {
    const pod = pods.get(String(scheduledEventId));
    if (pod) return { kind: 'ended', pod, end: end(), at };
    const activityId = cleanups.get(String(scheduledEventId));
    return activityId === undefined ? undefined : { kind: 'cleaned', activityId, cleanup: cleaned() };
  };
  const failed = (how: PodEnd['how'], which: Ended, failure: unknown) => {
    const error = defaultFailureConverter.failureToError(failure as object, defaultPayloadConverter);
    return ended(
      which,
      () => endOfFailure(how, error),
      () => ({ gone: false, error: rootFailure(error).message }),
    );
  };

  return (event) => {
    const at = timeOf(event);
    if (event.workflowTaskStartedEventAttributes) return { kind: 'taken' };
    if (event.workflowTaskFailedEventAttributes) {
      const { failure } = event.workflowTaskFailedEventAttributes;
      const error = defaultFailureConverter.failureToError(failure ?? {}, defaultPayloadConverter);
      return { kind: 'stuck', why: error.message };
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'runPod') {
      const { spec, task, after = [], try: tryNumber } = (decode(scheduled.input) ?? {}) as Partial<RunPodInput>;
      const activityId = scheduled.activityId ?? '';
      const main = spec?.mainContainer ?? 'base';
      const pod = { activityId, task: task ?? activityId, main, try: tryNumber ?? 1, after };
      pods.set(String(event.eventId), pod);
      return { kind: 'scheduled', pod, at };
    }
    if (scheduled?.activityType?.name === 'deletePod') {
      const { activityId, mode } = (decode(scheduled.input) ?? {}) as Partial<DeletePodInput>;
      if (activityId !== undefined && mode !== 'hurry') cleanups.set(String(event.eventId), activityId);
      return undefined;
    }
    const done = event.activityTaskCompletedEventAttributes;
    if (done) {
      const result = decode(done.result) as Partial<PodResult> | undefined;
      return ended(
        { ...done, at },
        () => ({
          ...factsOf(result),
          how: 'done',
          exitCode: result?.exitCode,
          ...(result?.outcome === 'Skipped' && { skipped: true }),
        }),
        () => (result as Cleanup | undefined) ?? { gone: false },
      );
    }
    const lost = event.activityTaskFailedEventAttributes;
    if (lost) return failed('failed', { ...lost, at }, lost.failure);
    const late = event.activityTaskTimedOutEventAttributes;
    if (late) return failed('timed out', { ...late, at }, late.failure);
    const cancelled = event.activityTaskCanceledEventAttributes;
    if (!cancelled) return undefined;
    return ended(
      { ...cancelled, at },
      () => ({ ...factsOf(decode(cancelled.details)), how: 'cancelled' }),
      () => ({ gone: false, error: 'its cleanup was cancelled' }),
    );
  };
}

function endOfFailure(how: PodEnd['how'], error: Error): PodEnd {
  const { type, message, details } = rootFailure(error);
  const told = details[0] as Partial<PodFailureDetails> | undefined;
  const why = `${type}: ${message.split('\n', 1)[0]}`;
  return { ...factsOf(told), how, why, exitCode: told?.exitCode };
}

function factsOf(told: unknown): Pick<PodEnd, 'pod' | 'times' | 'logs' | 'cleanup'> {
  if (typeof told !== 'object' || told === null) return {};
  const { pod, times, logs, cleanup } = told as Partial<PodResult>;
  const node = pod?.node ?? (told as Partial<PodFailureDetails>).node;
  return { ...(pod && { pod: { ...pod, node } }), times, logs, cleanup };
}

/** Milliseconds since 1970. */
export const timeOf = ({ eventTime }: Pick<HistoryEvent, 'eventTime'>): number =>
  Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);

export function decode(payloads: { payloads?: unknown[] | null } | null | undefined): unknown {
  const [payload] = payloads?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
