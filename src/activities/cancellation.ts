/**
 * Not every cancellation of an attempt is one of the task. The flags overlap (a local timeout sets two), so they are read from
 * the top: only a cancel that somebody asked for stops the pod without a further question.
 */
import type { Context } from '@temporalio/activity';
import type { ActivityCancellationDetails } from '@temporalio/common';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { evenCancelled } from './temporal-calls.ts';

export type Meaning =
  /** Delete the pod and report the cancel: there will be no other attempt. */
  | 'delete'
  /** Our attempt may be superseded, or its run closed: ask Temporal which, and delete only in the second case. */
  | 'ask'
  /** Leave the pod, unless the spec has another wish for a pause. */
  | 'pause'
  /** Leave the pod: the next attempt adopts it. */
  | 'leave';

export function meaningOf(details: ActivityCancellationDetails | undefined): Meaning {
  if (details?.cancelRequested) return 'delete';
  if (details?.notFound || details?.timedOut) return 'ask';
  if (details?.paused) return 'pause';
  return 'leave'; // workerShutdown, reset, or no flag at all (details that could not be converted)
}

/**
 * Whether nobody will take care of this activity any more. No answer counts as "somebody will".
 *
 * @param options.workflowCares the pod is the workflow's own cleanup's for as long as its run is open
 */
export async function isAbandoned(context: Context, { workflowCares = false } = {}): Promise<boolean> {
  const { workflowExecution, activityId } = context.info;
  if (!workflowExecution) return false;
  const run = await lookAtRun(context.client, workflowExecution);
  return run === 'closed' || (!workflowCares && run !== 'unknown' && !run.pending.has(activityId));
}

/** `closed`: it has ended, or Temporal never heard of it. `unknown`: Temporal did not say. Else its pending activities. */
export type RunState = 'closed' | 'unknown' | { pending: ReadonlySet<string> };

/** Asks the server's own record of the run, not the visibility store, which lags behind. */
export async function lookAtRun(client: Client, run: { workflowId: string; runId: string }): Promise<RunState> {
  try {
    const description = await evenCancelled(client, () =>
      client.workflow.getHandle(run.workflowId, run.runId).describe(),
    );
    if (description.status.name !== 'RUNNING') return 'closed';
    const ids = (description.raw.pendingActivities ?? []).flatMap(({ activityId }) => activityId ?? []);
    return { pending: new Set(ids) };
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? 'closed' : 'unknown';
  }
}
