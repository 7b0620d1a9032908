/** `end-debug <id> [task]`: the signal that ends `keepForDebug`. A signal has no answer, so what makes no sense is refused here. */
import { graphQuery } from '../workflows/dag/controls.ts';
import { endDebug } from '../workflows/keep-for-debug.ts';
import { mustRun } from './ask.ts';
import { checkTask, type FoundRun } from './find-run.ts';
import type { Temporal } from './temporal.ts';

const QUERY_LIMIT_MS = 15_000;

export async function endDebugOf({ connection }: Temporal, run: FoundRun, task?: string): Promise<string> {
  mustRun(run);
  // Without a DAG, or without a worker, there is no list of tasks; the signal waits for its worker.
  const graph = await connection
    .withDeadline(Date.now() + QUERY_LIMIT_MS, () => run.handle.query(graphQuery))
    .catch(() => undefined);
  if (graph && task !== undefined)
    checkTask(
      task,
      graph.nodes.slice(1).map(({ name }) => name),
    );
  await run.handle.signal(endDebug, ...(task === undefined ? [] : ([task] as const)));
  return task === undefined
    ? 'every task goes on whose failed pod is kept for debugging'
    : `'${task}' goes on, if its failed pod is kept for debugging`;
}
