/** Whether a run's history can be replayed: one that cannot is stuck after the next deploy. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundle } from '@temporalio/worker';
import { recorded } from '../../src/replay/recorded.ts';
import { replayOne } from '../../src/replay/replay.ts';

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
    const found = new Map<string, string>();
    for (const { workflowId, runId } of runs) {
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const misfit = await replayOne(this.#bundle, recorded(workflowId, events ?? [], workflowId));
      if (misfit) found.set(runId, misfit.says);
    }
    return found;
  }
}
