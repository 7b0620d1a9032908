/** The graph of a run: from a worker while there is one to tell it, else, and of what is over, from the history alone. */
import { graphQuery, type Graph } from '../workflows/dag/graph.ts';
import type { FoundRun } from './find-run.ts';
import { pendingPods } from './pending.ts';
import { readHistory } from './read-history.ts';
import { merged } from './run-graph/merge.ts';
import type { RunGraph } from './run-graph/types.ts';
import { mayPass, type Temporal } from './temporal.ts';
import { isPolled } from './worker-check.ts';

export type { RunGraph, RunPod } from './run-graph/types.ts';

/** Temporal waits 10 s for a worker that it does not know to be dead. */
const ANSWER_WITHIN_MS = 15_000;

/** @throws Problem */
export async function runGraph(temporal: Temporal, run: FoundRun): Promise<RunGraph> {
  const told = run.closedMs === undefined ? await askWorker(temporal, run) : undefined;
  const history = await readHistory(temporal, run);
  if (history.closed) return history.graph();
  // They are heartbeats: without them the graph is still right.
  const pending = await pendingPods(run.handle).catch(() => []);
  return merged(told, history.graph(), { pending, now: Date.now() });
}

/** Undefined when no worker answers, or its workflow has no graph to tell. */
export async function askWorker(temporal: Temporal, { handle }: Pick<FoundRun, 'handle'>): Promise<Graph | undefined> {
  if (!(await isPolled(temporal))) return undefined;
  const ask = () => temporal.connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.query(graphQuery));
  // It may hit the worker that had this run in its cache, and is dead: the second one goes to any.
  const again = (error: unknown) => (mayPass(error) ? ask() : undefined);
  // Without an answer the history tells most of it.
  return ask()
    .catch(again)
    .catch(() => undefined);
}
