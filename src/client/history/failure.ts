/** How a run ended badly, as text for a person and as JSON for a program. Pure. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { messageOf } from '../../common/message-of.ts';
import { firstLine } from '../../common/shortened.ts';

export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly details: readonly unknown[];
}

export type FailureDocument = Failure & {
  readonly status: Ending;
  readonly workflowId: string;
  readonly runId: string;
  readonly cause?: Failure;
};

type Ending = 'failed' | 'cancelled' | 'terminated' | 'timed out';

/** One entry of the details of a `DagFailed`. */
interface TaskReport {
  readonly task: string;
  readonly type: string;
  readonly message: string;
}

interface Where {
  readonly workflowId: string;
  readonly runId: string;
}

export function failureText(error: unknown, { workflowId }: Where): string {
  const ending = endingOf(error);
  if (ending === 'cancelled') return `cancelled: ${workflowId}`;
  if (ending !== 'failed') return `${ending}: ${workflowId}\n${indent(messageOf(error))}`;
  const root = rootFailure(error);
  const reports = reportsOf(error);
  if (reports.length === 0) return `failed: ${workflowId}\n${indent(paragraph(root))}`;
  const texts = reports.map((report) => {
    // The failure of the first one is there as a whole; of the others there is what the DAG says of them.
    const whole = root.type === report.type && root.message.startsWith(report.message) ? root.message : report.message;
    return indent(`${report.task}: ${paragraph({ ...report, message: whole })}`);
  });
  return [`failed: ${workflowId}: ${firstLine(messageOf(error))}`, ...texts].join('\n');
}

export function failureDocument(error: unknown, { workflowId, runId }: Where): FailureDocument {
  const outer = shapeOf(error);
  const root = rootFailure(error);
  const isSame = root.type === outer.type && root.message === outer.message;
  return { status: endingOf(error), workflowId, runId, ...outer, ...(!isSame && { cause: root }) };
}

/** The failure that says something: Temporal wraps what an activity threw, and `dag` what a task did. */
export function rootFailure(error: unknown): Failure {
  let at = error;
  for (let depth = 0; depth < 20 && at instanceof Error && isWrapper(at) && at.cause instanceof Error; depth++)
    at = at.cause;
  return shapeOf(at);
}

const isWrapper = (error: Error) =>
  error instanceof ActivityFailure ||
  error instanceof ChildWorkflowFailure ||
  (error instanceof ApplicationFailure && error.type === 'DagFailed');

const kindOf = (error: Error): string => (error instanceof ApplicationFailure && error.type) || error.name;

function shapeOf(error: unknown): Failure {
  const details = error instanceof ApplicationFailure || error instanceof CancelledFailure ? error.details : undefined;
  return { type: error instanceof Error ? kindOf(error) : 'Error', message: messageOf(error), details: details ?? [] };
}

function endingOf(error: unknown): Ending {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (error instanceof TerminatedFailure) return 'terminated';
  return error instanceof TimeoutFailure ? 'timed out' : 'failed';
}

/** What a DAG says of each task that it failed with. */
export const reportsOf = (error: unknown): TaskReport[] =>
  error instanceof ApplicationFailure && error.type === 'DagFailed' ? ((error.details ?? []) as TaskReport[]) : [];

/** `Error` says nothing that `failed` has not said. */
const paragraph = ({ type, message }: Pick<Failure, 'type' | 'message'>) =>
  message.includes('\n') ? `${type}\n${indent(message)}` : type === 'Error' ? message : `${type}: ${message}`;

const indent = (text: string) => text.trimEnd().replaceAll(/^(?=.)/gm, '  ');
