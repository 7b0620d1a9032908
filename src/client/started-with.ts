/** How a run was started, from the first event of its history: what a rerun is started with too. */
import { defaultPayloadConverter } from '@temporalio/common';
import { infrastructure } from '../common/problem.ts';
import { SCHEDULED_START } from '../contract/index.ts';
import type { FoundRun } from './find-run.ts';
import { timeOf } from './run-events.ts';
import type { StartRequest } from './start.ts';
import { asProblem, type Temporal } from './temporal.ts';

/** For what moment it was: a rerun of last night's run is for last night. */
export async function startedWith(
  { client, config }: Temporal,
  { workflowId, runId }: FoundRun,
): Promise<Pick<StartRequest, 'args' | 'scheduledFor'>> {
  const request = { namespace: config.namespace, execution: { workflowId, runId }, maximumPageSize: 1 };
  const page = await client.workflowService.getWorkflowExecutionHistory(request).catch((error: unknown) => {
    throw asProblem(error, config);
  });
  const [event] = page.history?.events ?? [];
  const started = event?.workflowExecutionStartedEventAttributes;
  if (!started) throw infrastructure(`Temporal does not tell how ${workflowId} was started`);
  const scheduled = started.searchAttributes?.indexedFields?.[SCHEDULED_START.name];
  return {
    args: (started.input?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload)),
    scheduledFor: new Date(scheduled ? defaultPayloadConverter.fromPayload<string>(scheduled) : timeOf(event)),
  };
}
