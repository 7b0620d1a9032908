/** Whether a run's history can be replayed: one that cannot is stuck after the next deploy. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';

const logger = new DefaultLogger('ERROR');

export async function replayer(root: string): Promise<Replayer> {
  // Signals are the campaign's own: at the first one the SDK would end the replays, and what was seen would not be told.
  Runtime.install({ logger, shutdownSignals: [] });
  return new Replayer(await bundleWorkflowCode({ workflowsPath: join(root, 'src/workflows/index.ts'), logger }));
}

export class Replayer {
  readonly #bundle: WorkflowBundle;

  constructor(bundle: WorkflowBundle) {
    this.#bundle = bundle;
  }

  /** What is wrong with those that do not replay, by runId. */
  async check(client: Client, runs: readonly { workflowId: string; runId: string }[]): Promise<Map<string, string>> {
    async function* histories() {
      for (const { workflowId, runId } of runs)
        yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
    }
    const found = new Map<string, string>();
    for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle: this.#bundle }, histories()))
      if (error) found.set(runId, error.message);
    return found;
  }
}
