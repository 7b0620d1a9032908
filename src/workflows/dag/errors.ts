import { firstLine } from '../../common/shortened.ts';
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  ContinueAsNew,
  TemporalFailure,
} from '@temporalio/workflow';

/** The `type` of the failures that `dag` makes. They are part of the interface: clients and tests tell them apart by it. */
export type DagErrorType =
  /** Tasks failed and nobody survived it; `details` hold one entry per task. */
  | 'DagFailed'
  /** A task awaits itself, directly or over others. */
  | 'DagCycle'
  /** Two tasks have one name. */
  | 'DagDuplicate'
  /** A name that cannot be part of an activityId. */
  | 'DagName'
  | 'DagTooLarge'
  /** Items of a `task.map` have no result; `details[0]` is an `ItemsFailed`. */
  | 'DagItemsFailed'
  /** A handle was used as a value, or an option makes no sense. */
  | 'DagMisuse'
  /** The pod was not started, because another task had failed and `onFailure` is `stop`. */
  | 'DagNotStarted'
  /** Somebody skipped the task, without giving a value for it. */
  | 'DagSkipped'
  /** What was asked of a running DAG makes no sense now; the message says why. */
  | 'DagRefused'
  /** A second `dag` in a workflow, or a task for a DAG that has ended. */
  | 'DagOnlyOnce';

export const dagError = (type: DagErrorType, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

export const notStarted = (task: string, why: string): ApplicationFailure =>
  dagError('DagNotStarted', `'${task}' was not started: ${why}`);

export const skipped = (task: string): ApplicationFailure => dagError('DagSkipped', `'${task}' was skipped`);

/** Anything can be thrown; only an object can be remembered as the failure of a task. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : ApplicationFailure.nonRetryable(String(thrown), 'Error');

/**
 * A plain Error that leaves a workflow fails the workflow *task*, which Temporal then tries for ever. In a DAG every pod has
 * settled by then, so it fails the run, as an error in a task does.
 */
export function toFailure(error: Error): Error {
  if (error instanceof TemporalFailure || error instanceof ContinueAsNew) return error;
  return ApplicationFailure.create({ message: error.message, type: error.name, nonRetryable: true, cause: error });
}

/** The failure that says something: Temporal wraps what an activity or a child threw into "Activity task failed". */
export function rootFailure(error: unknown): { type: string; message: string } {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause) {
    const { type, message } = rootFailure(error.cause);
    // A cancellation has no words of its own.
    return { type, message: message || error.message };
  }
  if (!(error instanceof Error)) return { type: 'Error', message: String(error) };
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  return { type: type ?? error.name, message: error.message };
}

export const shortLine = (text: string): string => firstLine(text).slice(0, 200);
