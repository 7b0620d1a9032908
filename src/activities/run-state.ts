/** How Temporal says that a run stands. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { CleanupActivities } from '../contract/index.ts';
import { evenCancelled } from './temporal-calls.ts';

/** `closed`: it has ended, or Temporal never heard of it. `unknown`: Temporal did not say. Else its pending activities. */
export type RunState =
  | 'closed'
  | 'unknown'
  | {
      pending: ReadonlySet<string>;
      /** Its workflow deletes or marks a pod just now, or is about to hear that it has to. */
      caresItself?: boolean;
    };

const CLEANUP: keyof CleanupActivities = 'deletePod';

/** Asks the server's own record of the run, not the visibility store, which lags behind. */
export async function stateOfRun(client: Client, run: { workflowId: string; runId: string }): Promise<RunState> {
  try {
    const description = await evenCancelled(client, () =>
      client.workflow.getHandle(run.workflowId, run.runId).describe(),
    );
    if (description.status.name !== 'RUNNING') return 'closed';
    const { pendingActivities, pendingWorkflowTask } = description.raw;
    const activities = pendingActivities ?? [];
    const caresItself =
      Boolean(pendingWorkflowTask) || activities.some(({ activityType }) => activityType?.name === CLEANUP);
    return { pending: new Set(activities.flatMap(({ activityId }) => activityId ?? [])), caresItself };
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? 'closed' : 'unknown';
  }
}
