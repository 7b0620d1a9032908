import { ChildWorkflowCancellationType, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';

/**
 * Options of `executeChild` for a workflow that is a part of this run: it is cancelled together with it, also when this run is
 * terminated, and this run ends only when the pods of both are gone.
 *
 * @param name what it is to this run, usually the task's name: the child's workflowId is `<workflowId>/<name>`
 */
export const asChild = (name: string) => ({
  workflowId: `${workflowInfo().workflowId}/${name}`,
  ...TOGETHER,
  staticSummary: name,
});

/** The same for a child with an id of its own. */
export const TOGETHER = {
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  // Replaying a large DAG may take longer than the 10 s that are the default.
  workflowTaskTimeout: '60s',
} as const;
