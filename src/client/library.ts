/** What a program imports that starts runs and looks at them: `import { connect } from 'temporal-pods/client'`. */
import type { Client } from '@temporalio/client';
import { temporalConfig } from '../config/index.ts';
import type { Graph } from '../contract/dag.ts';
import { runGraph } from './history/read-run.ts';
import { asProblem, connectTemporal } from './temporal/connection.ts';
import { findRun } from './temporal/find-run.ts';

export { Problem } from '../common/problem.ts';
export type { Graph, GraphEdge, GraphNode, MappedItems, SpecChange, TaskState } from '../contract/dag.ts';

/** Of `connect`. */
export interface ConnectOptions {
  /** Variables as of the command line: `TEMPORAL_*` and `TEMPORAL_PODS_*`. Default: those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The way to the runs. */
export interface Connected {
  /** Temporal's own, in the namespace that was configured: it starts, signals, updates and cancels runs. */
  readonly client: Client;
  /** Where the worker takes its workflows from. */
  readonly taskQueue: string;
  /**
   * The tasks of a run and what waits for what, as `temporal-pods graph <id> -o json`: while it runs and after it, whether a worker is
   * there or not.
   *
   * @param runId default: the newest run of this id
   * @throws Problem with `exitCode` 2 when there is no such run, 3 when Temporal does not answer
   */
  graph(workflowId: string, runId?: string): Promise<Graph>;
  /** The client cannot be used any more then. */
  close(): Promise<void>;
}

/**
 * Connects to the Temporal that `temporal-pods` connects to: by its own variables, then `temporal.toml`.
 *
 *     const { client, taskQueue, graph, close } = await connect();
 *     const run = await client.workflow.start(nightly, { taskQueue, workflowId: 'nightly-1', args: [{ day: '2026-11-01' }] });
 *     console.log(await run.result(), (await graph(run.workflowId)).nodes.length);
 *     await close();
 *
 * @throws Problem with `exitCode` 2 for a wrong configuration (its message names the variable and its value), 3 when nothing answers
 *   within 5 s, or it does not let us in
 */
export async function connect({ environment = process.env }: ConnectOptions = {}): Promise<Connected> {
  const temporal = await connectTemporal(temporalConfig({ ...environment }));
  const { client, config, connection } = temporal;
  return {
    client,
    taskQueue: config.taskQueue,
    async graph(workflowId, runId) {
      try {
        return await runGraph(temporal, await findRun(temporal, workflowId, runId));
      } catch (error) {
        throw asProblem(error, config);
      }
    },
    close: () => connection.close(),
  };
}
