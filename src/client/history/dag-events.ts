/** What a history says about a DAG beyond its pods: holds, decisions, maps, how it began and ended. */
import { defaultFailureConverter, defaultPayloadConverter, TerminatedFailure } from '@temporalio/common';
import type { HistoryEvent } from '../../common/history-pages.ts';
import {
  readTimer,
  RERUN_MEMO,
  type RunRef,
  SIGNAL,
  type SpecChange,
  TASKS_WITHOUT_PODS_MEMO,
  type TasksWithoutPods,
  type TimerKind,
  UPDATE,
} from '../../contract/index.ts';
import { type ChunkEvent, chunkReader } from './chunk-events.ts';
import { reportsOf } from './failure.ts';
import { whyText } from './pod-end.ts';
import { decode, nextRunId, timeOf } from './pod-events.ts';

export type Decision = 'retryTask' | 'skipTask' | 'failTask' | 'cancelTask';

/** What it waits for while it has no pod under way and goes on by itself. */
export type Pausing = Exclude<TimerKind, 'held'>;

export type DagEvent =
  | { readonly kind: 'begun'; readonly args: readonly unknown[]; readonly rerunOf?: RunRef }
  /** It failed, and waits for a decision until then. */
  | { readonly kind: 'held'; readonly task: string; readonly until: number }
  /** It waits for its next try, or with a failed pod that is kept for somebody to look at. */
  | { readonly kind: 'pausing'; readonly task: string; readonly why: Pausing; readonly until: number }
  /** Of either: the time is over, or something else came first. */
  | { readonly kind: 'unheld'; readonly task: string; readonly timeOver: boolean }
  | { readonly kind: 'decided'; readonly what: Decision; readonly task: string; readonly change?: SpecChange }
  | { readonly kind: 'podsPaused'; readonly on: boolean }
  | { readonly kind: 'tasksWithoutPods'; readonly memo: TasksWithoutPods }
  | ChunkEvent
  /** By its workflowId: in a rerun it had nothing to do. */
  | { readonly kind: 'chunkReused'; readonly chunk: string }
  | Closed;

export interface Closed {
  readonly kind: 'closed';
  readonly how: Closing;
  readonly error?: Error;
  /** The runId of the run that goes on in its place. */
  readonly next?: string;
  /** The tasks that the DAG failed with. */
  readonly failed?: readonly { readonly task: string; readonly why: string }[];
}

type Closing = 'completed' | 'failed' | 'timed-out' | 'cancelled' | 'terminated' | 'continued-as-new';

/** Reads a history, event by event in its order. @param workflowId of the run: those of its chunks begin with it */
export function dagReader(
  workflowId: string,
): (event: HistoryEvent) => (DagEvent & { readonly at: number }) | undefined {
  const timers = new Map<string, string>();
  const chunks = chunkReader(workflowId);

  const timer = (event: HistoryEvent): DagEvent | undefined => {
    const started = event.timerStartedEventAttributes;
    if (!started) return unheld(event);
    const known = readTimer(summaryOf(event));
    if (!known) return undefined;
    const { task, kind: why } = known;
    timers.set(String(event.eventId), task);
    const until = timeOf(event) + lengthOf(started.startToFireTimeout);
    return why === 'held' ? { kind: 'held', task, until } : { kind: 'pausing', task, why, until };
  };
  const unheld = ({ timerFiredEventAttributes: fired, timerCanceledEventAttributes: cancelled }: HistoryEvent) => {
    const task = timers.get(String((fired ?? cancelled)?.startedEventId));
    return task === undefined ? undefined : ({ kind: 'unheld', task, timeOver: !!fired } as const);
  };

  return (event) => {
    const known =
      timer(event) ??
      chunks(event) ??
      beginning(event) ??
      asked(event) ??
      signalled(event) ??
      memo(event) ??
      closing(event);
    return known && { ...known, at: timeOf(event) };
  };
}

function beginning({ workflowExecutionStartedEventAttributes: begun }: HistoryEvent): DagEvent | undefined {
  if (!begun) return undefined;
  const args = (begun.input?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload));
  const rerunOf = decode({ payloads: [begun.memo?.fields?.[RERUN_MEMO]] }) as RunRef | undefined;
  return { kind: 'begun', args, ...(rerunOf && { rerunOf }) };
}

function asked(event: HistoryEvent): DagEvent | undefined {
  const { name, args } = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input ?? {};
  switch (name) {
    case UPDATE.retryTask:
    case UPDATE.skipTask:
    case UPDATE.failTask:
    case UPDATE.cancelTask: {
      const [task, options] = (args?.payloads ?? []).map((one) => defaultPayloadConverter.fromPayload<unknown>(one));
      const change = (options as { spec?: SpecChange } | null | undefined)?.spec;
      return { kind: 'decided', what: name, task: String(task), ...(change && { change }) };
    }
    case UPDATE.pausePods:
    case UPDATE.resumePods:
      return { kind: 'podsPaused', on: name === UPDATE.pausePods };
    default:
      return undefined;
  }
}

function signalled({ workflowExecutionSignaledEventAttributes: signal }: HistoryEvent): DagEvent | undefined {
  const value = signal && decode(signal.input);
  if (signal?.signalName === SIGNAL.podsPaused) return { kind: 'podsPaused', on: value === true };
  return signal?.signalName === SIGNAL.chunkReused ? { kind: 'chunkReused', chunk: String(value) } : undefined;
}

function memo({ workflowPropertiesModifiedEventAttributes: modified }: HistoryEvent): DagEvent | undefined {
  const told = decode({ payloads: [modified?.upsertedMemo?.fields?.[TASKS_WITHOUT_PODS_MEMO]] }) as
    TasksWithoutPods | undefined;
  return told?.nodes ? { kind: 'tasksWithoutPods', memo: told } : undefined;
}

function closing(event: HistoryEvent): Closed | undefined {
  const closed = endOf(event);
  const next = nextRunId(event);
  return closed && next !== undefined ? { ...closed, next } : closed;
}

function endOf(event: HistoryEvent): Closed | undefined {
  const { failure } = event.workflowExecutionFailedEventAttributes ?? {};
  if (failure) {
    const error = defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
    return {
      kind: 'closed',
      how: 'failed',
      error,
      failed: reportsOf(error).map(({ task, type, message }) => ({ task, why: whyText(type, message) })),
    };
  }
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated)
    return {
      kind: 'closed',
      how: 'terminated',
      error: new TerminatedFailure(terminated.reason || 'no reason was given'),
    };
  const how =
    (event.workflowExecutionCompletedEventAttributes && 'completed') ||
    (event.workflowExecutionTimedOutEventAttributes && 'timed-out') ||
    (event.workflowExecutionCanceledEventAttributes && 'cancelled') ||
    (event.workflowExecutionContinuedAsNewEventAttributes && 'continued-as-new');
  return how ? { kind: 'closed', how } : undefined;
}

function summaryOf({ userMetadata }: HistoryEvent): string {
  const { summary } = userMetadata ?? {};
  return summary ? String(defaultPayloadConverter.fromPayload(summary)) : '';
}

/** Milliseconds of a protobuf duration. */
const lengthOf = (length: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
  Number(length?.seconds ?? 0) * 1000 + Math.floor((length?.nanos ?? 0) / 1e6);
