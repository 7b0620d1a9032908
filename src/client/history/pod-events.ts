/**
 * What a history says about the pods of a run. Everything is in it, so following a run asks nothing of a worker, and works while none
 * is there.
 */
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { HistoryEvent } from '../../common/history-pages.ts';
import type {
  Cleanup,
  ConfirmPodsInput,
  DeletePodInput,
  Duration,
  PodResult,
  RunPodInput,
  Unconfirmed,
} from '../../contract/index.ts';
import { mainContainerName } from '../../contract/defaults.ts';
import { rootFailure } from './failure.ts';
import { endOfFailure, endOfResult, factsOf, keptForDebug, type PodEnd } from './pod-end.ts';

export interface PodTask {
  readonly activityId: string;
  readonly task: string;
  readonly main: string;
  readonly try: number;
  /** Names of the tasks that it waited for… */
  readonly after: readonly string[];
  /** …and, beyond these, of those that had ended before it was created. */
  readonly order?: readonly string[];
  /** The task that created its task. */
  readonly parent?: string;
  /** `keepForDebug` of its spec. */
  readonly keepForDebug?: Duration;
}

export type RunEvent =
  /** A worker has taken the run. */
  | { readonly kind: 'taken' }
  /** The workflow's code threw, or does not fit: Temporal tries it again and again, the run only looks as if it hung. */
  | { readonly kind: 'stuck'; readonly why: string; readonly stackTrace?: string; readonly at: number }
  /** It has done a step: whatever was in its way is over. */
  | { readonly kind: 'stepped' }
  | { readonly kind: 'scheduled'; readonly pod: PodTask; readonly at: number }
  | { readonly kind: 'ended'; readonly pod: PodTask; readonly end: PodEnd; readonly at: number }
  /** The workflow's own cleanup, or its confirmation of several pods, has ended: what became of each, by its activityId. */
  | { readonly kind: 'cleaned'; readonly cleanups: ReadonlyMap<string, Cleanup> };

interface Ended {
  readonly scheduledEventId?: unknown;
  readonly at: number;
}

/** Reads a history, event by event in its order: an activity's end names only the event that scheduled it. */
export function eventReader(): (event: HistoryEvent) => RunEvent | undefined {
  const pods = new Map<string, PodTask>();
  /** The activityIds of the pods that it is about. */
  const cleanups = new Map<string, readonly string[]>();
  /** Those that tell only of the pods that are not gone. */
  const confirmations = new Set<string>();

  const ended = (
    { scheduledEventId, at }: Ended,
    end: () => PodEnd,
    cleaned: (activityId: string) => Cleanup,
  ): RunEvent | undefined => {
    const pod = pods.get(String(scheduledEventId));
    if (pod) return { kind: 'ended', pod, end: keptForDebug(pod.keepForDebug, end(), at), at };
    const ids = cleanups.get(String(scheduledEventId));
    return ids && { kind: 'cleaned', cleanups: new Map(ids.map((id) => [id, cleaned(id)])) };
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
      const stackTrace = failure?.stackTrace;
      return { kind: 'stuck', why: error.message, ...(stackTrace && { stackTrace }), at };
    }
    if (event.workflowTaskCompletedEventAttributes) return { kind: 'stepped' };
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'runPod') {
      const input = (decode(scheduled.input) ?? {}) as Partial<RunPodInput>;
      const { spec, after = [], order, parent, try: tryNumber = 1 } = input;
      const activityId = scheduled.activityId ?? '';
      const where = { activityId, task: input.task ?? activityId, main: mainContainerName(spec) };
      const keep = spec?.keepForDebug !== undefined && { keepForDebug: spec.keepForDebug };
      const of = { ...(order && { order }), ...(parent !== undefined && { parent }) };
      const pod = { ...where, try: tryNumber, after, ...of, ...keep };
      pods.set(String(event.eventId), pod);
      return { kind: 'scheduled', pod, at };
    }
    if (scheduled?.activityType?.name === 'deletePod') {
      const { activityId, mode } = (decode(scheduled.input) ?? {}) as Partial<DeletePodInput>;
      if (activityId !== undefined && mode !== 'hurry') cleanups.set(String(event.eventId), [activityId]);
      return undefined;
    }
    if (scheduled?.activityType?.name === 'confirmPods') {
      const { pods: confirmed = [] } = (decode(scheduled.input) ?? {}) as Partial<ConfirmPodsInput>;
      const ids = confirmed.map(({ activityId }) => activityId);
      cleanups.set(String(event.eventId), ids);
      confirmations.add(String(event.eventId));
      return undefined;
    }
    const done = event.activityTaskCompletedEventAttributes;
    if (done) {
      const result: unknown = decode(done.result);
      return ended(
        { ...done, at },
        () => endOfResult(result as Partial<PodResult> | undefined),
        (activityId) =>
          confirmations.has(String(done.scheduledEventId))
            ? ((result as Unconfirmed | undefined)?.[activityId] ?? { gone: true })
            : ((result as Cleanup | undefined) ?? { gone: false }),
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

/** Of the event that closes a run: the run that goes on in its place, if one does (`continueAsNew`, a retry, a cron). */
export const nextRunId = (event: HistoryEvent): string | undefined =>
  (
    event.workflowExecutionContinuedAsNewEventAttributes ??
    event.workflowExecutionCompletedEventAttributes ??
    event.workflowExecutionFailedEventAttributes ??
    event.workflowExecutionTimedOutEventAttributes
  )?.newExecutionRunId || undefined;

/** Milliseconds since 1970. */
export const timeOf = ({ eventTime }: Pick<HistoryEvent, 'eventTime'>): number =>
  Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);

export function decode(payloads: { payloads?: unknown[] | null } | null | undefined): unknown {
  const [payload] = payloads?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
