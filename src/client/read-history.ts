/** The history of a run, as far as it goes now. */
import type { FoundRun } from './find-run.ts';
import { RunHistory } from './run-graph/run-history.ts';
import { asProblem, type Temporal } from './temporal.ts';

/** @param maxPages of about 1,000 events each; of a longer one the beginning is read. @throws Problem */
export async function readHistory(
  { client, config }: Temporal,
  { workflowId, runId }: Pick<FoundRun, 'workflowId' | 'runId'>,
  maxPages = Infinity,
): Promise<RunHistory> {
  const history = new RunHistory(workflowId);
  let nextPageToken: Uint8Array | undefined;
  try {
    for (let page = 0; page < maxPages; page++) {
      const request = {
        namespace: config.namespace,
        execution: { workflowId, runId },
        ...(nextPageToken && { nextPageToken }),
      };
      const answer = await client.workflowService.getWorkflowExecutionHistory(request);
      for (const event of answer.history?.events ?? []) history.take(event);
      if (!answer.nextPageToken?.length) break;
      nextPageToken = answer.nextPageToken;
    }
    return history;
  } catch (error) {
    throw asProblem(error, config);
  }
}
