/** Runs of the same workflow that ended well, for what they say about this one. */
import type { FoundRun } from './find-run.ts';
import { readHistory } from './read-history.ts';
import type { RunGraph } from './run-graph.ts';
import { runsQuery } from './run-query.ts';
import type { Temporal } from './temporal.ts';

const RUNS = 5;
/** Of each one's history, so that a look at a large run costs little. */
const PAGES = 5;

/** The newest first; none when Temporal does not tell, as it is only a hint. */
export async function earlierRuns(temporal: Temporal, run: FoundRun): Promise<RunGraph[]> {
  const { client } = temporal;
  const { taskQueue, workflow, runId } = run;
  const query = runsQuery({ taskQueue, workflow, status: 'completed' });
  try {
    const found: { workflowId: string; runId: string }[] = [];
    for await (const one of client.workflow.list({ query, pageSize: RUNS + 1 })) {
      if (one.runId !== runId) found.push(one);
      if (found.length === RUNS) break;
    }
    const histories = await Promise.all(found.map((one) => readHistory(temporal, one, PAGES)));
    return histories.map((history) => history.graph());
  } catch {
    return [];
  }
}
