/** How Temporal says that a run stands. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { evenCancelled } from './temporal-calls.ts';

/** `closed`: it has ended, or Temporal never heard of it. `unknown`: Temporal did not say. Else its pending activities. */
export type RunState = 'closed' | 'unknown' | { pending: ReadonlySet<string> };

/** Asks the server's own record of the run, not the visibility store, which lags behind. */
export async function stateOfRun(client: Client, run: { workflowId: string; runId: string }): Promise<RunState> {
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
