/** The graph of a run: from a worker while there is one to tell it, else, and of what is over, from the history alone. */
import { QueryNotRegisteredError } from '@temporalio/client';
import { messageOf } from '../../common/message-of.ts';
import { firstLine } from '../../common/shortened.ts';
import type { Graph, GraphNode } from '../../contract/index.ts';
import { graphQuery } from '../../workflows/dag/controls.ts';
import { mayPass, type Temporal } from '../temporal/connection.ts';
import type { Refusal } from '../../replay/misfit.ts';
import type { FoundRun } from '../temporal/find-run.ts';
import { isPolled } from '../temporal/workers.ts';
import { type PendingPod, pendingPods, pendingText } from './pending.ts';
import { readHistory } from './read-history.ts';
import { Edges, type RunGraph, type RunNode } from './run-graph.ts';
import type { RunHistory, Stuck } from './run-history.ts';
import { isTriedAgain } from './stuck.ts';

export type { RunGraph, RunNode, RunPod } from './run-graph.ts';

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
): Promise<{ history: RunHistory; graph: RunGraph; polled: boolean; stuck?: Stuck }> {
  const polled = run.closedMs !== undefined || (await isPolled(temporal, run.taskQueue));
  // A worker whose code fails answers nothing, and Temporal would wait for it.
  const asks = run.closedMs === undefined && polled && !(await isTriedAgain(run.handle));
  const { graph: told, refusal } = asks ? await askWorker(temporal, run) : {};
  const history = await readHistory(temporal, run);
  if (history.closed) return { history, graph: history.graph(), polled };
  // They are heartbeats: without them the graph is still right.
  const pending = await pendingPods(run.handle).catch(() => []);
  const stuck = history.stuck ?? (refusal && history.misfit(refusal));
  const graph = merged(told, history.graph(), { pending, now: Date.now() });
  return { history, graph, polled, ...(stuck && { stuck }) };
}

export interface Told {
  readonly graph?: Graph;
  /** Its code does not fit the run, so it could not even be asked. */
  readonly refusal?: Refusal;
}

/** Neither when no worker answers, or its workflow has no graph to tell: the history tells most of it. */
export async function askWorker({ connection }: Temporal, { handle }: Pick<FoundRun, 'handle'>): Promise<Told> {
  const ask = () => connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.query(graphQuery));
  // It may hit the worker that had this run in its cache, and is dead: the second one goes to any.
  const again = (error: unknown) => {
    if (mayPass(error)) return ask();
    throw error;
  };
  return ask()
    .catch(again)
    .then(
      (graph) => ({ ...(graph && { graph }) }),
      (error: unknown) => (isRefusal(error) ? { refusal: { message: messageOf(error) } } : {}),
    );
}

/** The SDK has one error for what a query cannot be told, also when it was the replay that failed. */
const isRefusal = (error: unknown): boolean =>
  error instanceof QueryNotRegisteredError && !/did not register a handler/i.test(error.message);

/** What a worker told of a running run, its history, and the heartbeats of its pods, as one graph. Pure. @param history not older than what was told */
export function merged(
  told: Graph | undefined,
  history: RunGraph,
  { pending, now }: { pending: readonly PendingPod[]; now: number },
): RunGraph {
  const doing = new Map(pending.map((pod) => [pod.activityId, pendingText(pod, now)]));
  const pods = history.pods.map((pod) => {
    const text = pod.end ? undefined : doing.get(pod.activityId);
    return text === undefined ? pod : { ...pod, now: text };
  });
  if (!told) return { ...history, pods };
  const known = new Map(history.nodes.map((node) => [node.name, node]));
  const names = new Set(told.nodes.map(({ name }) => name));
  const edges = new Edges();
  for (const edge of [...told.edges, ...history.edges]) edges.add(edge);
  return {
    // What the worker does not tell is newer than its word, or a pod of no task.
    nodes: [
      ...told.nodes.map((node) => mergedNode(node, known.get(node.name))),
      ...history.nodes.filter(({ name }) => !names.has(name)),
    ],
    edges: edges.list,
    ...(told.podsPaused && { podsPaused: true }),
    pods,
    from: 'worker',
  };
}

function mergedNode(told: GraphNode, known: RunNode | undefined): RunNode {
  if (!known) return told;
  const error = errorOf(told, known);
  return {
    ...told,
    tries: known.tries,
    pods: known.pods,
    ...(known.pausing && { pausing: known.pausing }),
    ...(error !== undefined && { error }),
  };
}

/** The history has the kind of a pod's failure too, and why there is a next try; who failed for another reason keeps the worker's word. */
function errorOf({ error }: GraphNode, known: RunNode): string | undefined {
  if (known.pausing) return known.error;
  return error !== undefined && known.error?.includes(firstLine(error)) ? known.error : error;
}
