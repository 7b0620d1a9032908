/** A run's history, page by page: the one loop over it, for the client and for the activities. */
import type { WorkflowService } from '@temporalio/client';

type Page = Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistory']>>;
export type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];

export interface HistoryRequest {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Waits at the end for what happens next, until the run has closed: a page then holds what happened together. */
  readonly waitNewEvent?: boolean;
}

/**
 * Pages of about 1,000 events, in their order.
 *
 * @param around each call: its time limit, its signal, its retries. Undefined: there shall be no more pages
 * @throws what Temporal answers
 */
export async function* historyPages(
  { workflowService }: { readonly workflowService: WorkflowService },
  { namespace, workflowId, runId, waitNewEvent = false }: HistoryRequest,
  around: (call: () => Promise<Page>) => Promise<Page | undefined> = (call) => call(),
): AsyncGenerator<readonly HistoryEvent[]> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const from = nextPageToken && { nextPageToken };
    const request = { namespace, execution: { workflowId, runId }, waitNewEvent, ...from };
    const page = await around(() => workflowService.getWorkflowExecutionHistory(request));
    if (!page) return;
    yield page.history?.events ?? [];
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken?.length);
}
