/** Values and errors as Temporal sends them. */
import { DefaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { ProtoFailure } from './sandbox.ts';

const failures = new DefaultFailureConverter();

export const toPayload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
export const toPayloads = (values: readonly unknown[]): Payload[] => values.map(toPayload);

export const fromPayload = (payload: Payload | null | undefined): unknown =>
  payload ? defaultPayloadConverter.fromPayload(payload) : undefined;

export const fromPayloads = (payloads: readonly Payload[] | null | undefined): unknown[] =>
  (payloads ?? []).map(fromPayload);

export const toFailure = (error: unknown): ProtoFailure => failures.errorToFailure(error, defaultPayloadConverter);

export const fromFailure = (failure: ProtoFailure): Error => failures.failureToError(failure, defaultPayloadConverter);

/** `temporal.api.enums.v1.RetryState` */
const RETRY_STATE = { nonRetryable: 2, cancelRequested: 7 };

export interface ActivityAbout {
  readonly activityId: string;
  readonly activityType: string;
}

/** As the server and the SDK tell a workflow of an activity that failed, or was cancelled. */
export const activityFailure = (
  { activityId, activityType }: ActivityAbout,
  cause: ProtoFailure,
  isCancelled: boolean,
): ProtoFailure => ({
  message: isCancelled ? 'Activity cancelled' : 'Activity task failed',
  activityFailureInfo: {
    activityId,
    activityType: { name: activityType },
    identity: 'simulation',
    retryState: isCancelled ? RETRY_STATE.cancelRequested : RETRY_STATE.nonRetryable,
  },
  cause,
});

export const cancelledFailure = (message: string, details: readonly unknown[] = []): ProtoFailure => ({
  message,
  canceledFailureInfo: { ...(details.length > 0 && { details: { payloads: toPayloads(details) } }) },
});

export const terminatedFailure: ProtoFailure = { message: 'Workflow execution terminated', terminatedFailureInfo: {} };

export interface ChildAbout {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
}

export const childFailure = ({ workflowId, runId, workflowType }: ChildAbout, cause: ProtoFailure): ProtoFailure => ({
  message: 'Child Workflow execution failed',
  childWorkflowExecutionFailureInfo: {
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowType: { name: workflowType },
    retryState: RETRY_STATE.nonRetryable,
  },
  cause,
});

export const notFoundFailure = (workflowId: string): ProtoFailure => ({
  message: `Unable to find the workflow execution ${workflowId}, or it has ended`,
  applicationFailureInfo: { type: 'ExternalWorkflowExecutionNotFound', nonRetryable: false },
});
