import { defaultPayloadConverter } from '@temporalio/common';
import { infrastructure } from '../problem.ts';
import type { FoundRun } from './find-run.ts';
import { asProblem, type Temporal } from './temporal.ts';

/** The arguments that a run was started with, from the first event of its history. */
export async function argumentsOf({ client, config }: Temporal, { workflowId, runId }: FoundRun): Promise<unknown[]> {
  const request = { namespace: config.namespace, execution: { workflowId, runId }, maximumPageSize: 1 };
  const page = await client.workflowService.getWorkflowExecutionHistory(request).catch((error: unknown) => {
    throw asProblem(error, config);
  });
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!started) throw infrastructure(`Temporal does not tell how ${workflowId} was started`);
  return (started.input?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload));
}
