/** `release <id> <task>`: the signal that ends `holdOnFailure`. A signal has no answer, so what makes no sense is refused here. */
import { graphQuery } from '../workflows/dag/graph.ts';
import { releasePod } from '../workflows/hold.ts';
import { mustRun } from './ask.ts';
import { checkTask, type FoundRun } from './find-run.ts';
import type { Temporal } from './temporal.ts';

const QUERY_LIMIT_MS = 15_000;

export async function releaseHeldPod({ connection }: Temporal, run: FoundRun, task: string): Promise<string> {
  mustRun(run);
  // Without a DAG, or without a worker, there is no list of tasks; the signal waits for its worker.
  const graph = await connection
    .withDeadline(Date.now() + QUERY_LIMIT_MS, () => run.handle.query(graphQuery))
    .catch(() => undefined);
  if (graph)
    checkTask(
      task,
      graph.nodes.slice(1).map(({ name }) => name),
    );
  await run.handle.signal(releasePod, task);
  return `the pod of '${task}' is let go, if it is held`;
}
