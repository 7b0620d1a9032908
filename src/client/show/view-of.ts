/** From what is known of a run to what `show` shows of it. Pure. */
import type { FoundRun } from '../find-run.ts';
import { failureText } from '../failure.ts';
import type { RunHistory } from '../run-graph/run-history.ts';
import type { RunGraph } from '../run-graph/types.ts';
import { noWorkerText } from '../worker-check.ts';
import { remainingMs } from './estimate.ts';
import type { RunView } from './view.ts';

export interface Known {
  readonly run: FoundRun;
  readonly history: RunHistory;
  readonly graph: RunGraph;
  readonly earlier: readonly RunGraph[];
  /** Whether a worker would take up the run. */
  readonly polled: boolean;
}

export function viewOf({ run, history, graph, earlier, polled }: Known, now: number): RunView {
  const { workflow, workflowId, runId, url, taskQueue } = run;
  const { closed, args, rerunOf, stuck } = history;
  const status = closed?.how ?? 'running';
  const trouble = stuck === undefined ? undefined : `the workflow's code failed, so the run stands still: ${stuck}`;
  return {
    workflow,
    workflowId,
    runId,
    url,
    status,
    startedMs: run.startedMs,
    closedMs: closed?.at,
    args,
    rerunOf,
    graph,
    leftMs: closed ? undefined : remainingMs(graph, earlier, now),
    failure: closed?.error && failureText(closed.error, run),
    trouble: trouble ?? (closed || polled ? undefined : noWorkerText(taskQueue)),
  };
}
