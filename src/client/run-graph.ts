/** The graph of a run: from a worker while there is one to tell it, else, and of what is over, from the history alone. */
import type { Graph } from '../contract/index.ts';
import { graphQuery } from '../workflows/dag/controls.ts';
import type { FoundRun } from './find-run.ts';
import { pendingPods } from './pending.ts';
import { readHistory } from './read-history.ts';
import { merged } from './run-graph/merge.ts';
import type { RunHistory } from './run-graph/run-history.ts';
import type { RunGraph } from './run-graph/types.ts';
import { mayPass, type Temporal } from './temporal.ts';
import { isPolled } from './worker-check.ts';

export type { RunGraph, RunNode, RunPod } from './run-graph/types.ts';

/** Temporal waits 10 s for a worker that it does not know to be dead. */
const ANSWER_WITHIN_MS = 15_000;

/** @throws Problem */
export async function runGraph(temporal: Temporal, run: FoundRun): Promise<RunGraph> {
  return (await readRun(temporal, run)).graph;
}

/** The same, with everything else that the history tells. @throws Problem */
export async function readRun(
  temporal: Temporal,
  run: FoundRun,
): Promise<{ history: RunHistory; graph: RunGraph; polled: boolean }> {
  const polled = run.closedMs !== undefined || (await isPolled(temporal, run.taskQueue));
  const told = run.closedMs === undefined && polled ? await askWorker(temporal, run) : undefined;
  const history = await readHistory(temporal, run);
  if (history.closed) return { history, graph: history.graph(), polled };
  // They are heartbeats: without them the graph is still right.
  const pending = await pendingPods(run.handle).catch(() => []);
  return { history, graph: merged(told, history.graph(), { pending, now: Date.now() }), polled };
}

/** Undefined when no worker answers, or its workflow has no graph to tell: the history tells most of it. */
export async function askWorker(
  { connection }: Temporal,
  { handle }: Pick<FoundRun, 'handle'>,
): Promise<Graph | undefined> {
  const ask = () => connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.query(graphQuery));
  // It may hit the worker that had this run in its cache, and is dead: the second one goes to any.
  const again = (error: unknown) => (mayPass(error) ? ask() : undefined);
  return ask()
    .catch(again)
    .catch(() => undefined);
}
