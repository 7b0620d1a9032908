import type { WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';

/** Replays the whole history of each workflow, and returns one line for each that does not fit the code. */
export async function replayProblems(
  workflowBundle: WorkflowBundle,
  handles: readonly WorkflowHandle[],
  /** Replay with another workflow function: the code after a deploy. */
  asWorkflow?: string,
): Promise<string[]> {
  const histories = await Promise.all(
    handles.map(async (handle) => {
      const history = await handle.fetchHistory();
      const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
      if (asWorkflow && started) started.workflowType = { name: asWorkflow };
      return { workflowId: handle.workflowId, history };
    }),
  );
  const options = { workflowBundle, logger: new DefaultLogger('ERROR') };
  const problems: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    if (error) problems.push(`${workflowId}: ${error.message}`);
  }
  return problems;
}
