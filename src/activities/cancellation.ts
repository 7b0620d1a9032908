/**
 * Not every cancellation of an attempt is one of the task. The flags overlap (a local timeout sets two), so they are read from
 * the top: only a cancel that somebody asked for stops the pod without a further question.
 */
import type { Context } from '@temporalio/activity';
import type { ActivityCancellationDetails } from '@temporalio/common';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';

export type Meaning =
  /** Delete the pod and report the cancel: there will be no other attempt. */
  | 'delete'
  /** Our attempt may be superseded, or its run closed: ask Temporal which, and delete only in the second case. */
  | 'ask'
  /** Leave the pod: the next attempt adopts it. */
  | 'leave';

export function meaningOf(details: ActivityCancellationDetails | undefined): Meaning {
  if (details?.cancelRequested) return 'delete';
  if (details?.notFound || details?.timedOut) return 'ask';
  return 'leave'; // workerShutdown, paused, reset, or no flag at all (details that could not be converted)
}

/** Whether nobody will take care of this activity any more. No answer counts as "somebody will". */
export async function isAbandoned(context: Context): Promise<boolean> {
  const { workflowExecution, activityId } = context.info;
  if (!workflowExecution) return false;
  return (await standingOfRun(context.client, workflowExecution, activityId)) === 'closed';
}

/** `closed`: the run has ended, or does not know this activity (any more). `unknown`: Temporal did not say. */
export async function standingOfRun(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  activityId?: string,
): Promise<'open' | 'closed' | 'unknown'> {
  try {
    // The activity's own signal is aborted by now: a fresh one.
    const description = await client.withAbortSignal(new AbortController().signal, () =>
      client.workflow.getHandle(workflowId, runId).describe(),
    );
    if (description.status.name !== 'RUNNING') return 'closed';
    if (activityId === undefined) return 'open';
    const pending = description.raw.pendingActivities ?? [];
    return pending.some((activity) => activity.activityId === activityId) ? 'open' : 'closed';
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? 'closed' : 'unknown';
  }
}
