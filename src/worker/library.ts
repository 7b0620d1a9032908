/** What a program imports that is to be a worker: `import { runWorker } from 'temporal-pods/worker'`. */
import { workerConfig } from '../config/index.ts';
import { runWorker as runConfigured } from './run-worker.ts';

export { Problem } from '../common/problem.ts';

/** Of `runWorker`. */
export interface RunWorkerOptions {
  /** Variables as of `temporal-pods worker`: `TEMPORAL_*` and `TEMPORAL_PODS_*`. Default: those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Does what `temporal-pods worker` does: runs the workflows of `TEMPORAL_PODS_WORKFLOWS` and their pods until the process gets a SIGINT or
 * SIGTERM. Its pods live on, and the next worker adopts them. Once in a process: log and signals are the process's own.
 *
 *     await runWorker({ environment: { ...process.env, TEMPORAL_PODS_WORKFLOWS: 'dags/index.ts' } });
 *
 * @returns when it was told to stop and has stopped, at most 100 s later
 * @throws Problem with `exitCode` 2 for a wrong configuration (its message names the variable and its value), 3 when Temporal or
 *   Kubernetes does not answer or does not allow it
 */
export async function runWorker({ environment = process.env }: RunWorkerOptions = {}): Promise<void> {
  await runConfigured(await workerConfig({ ...environment }));
}
