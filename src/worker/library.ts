/** What a program imports that is to be a worker: `import { temporalPods } from 'temporal-pods/worker'`. */
import type { BundlerPlugin, WorkerPlugin } from '@temporalio/worker';
import { podsConfig, workerConfig } from '../config/index.ts';
// Not by way of an index, whose types bring those of all of Kubernetes' client.
import type { TemporalPodsOptions } from '../config/pods-options.ts';
import { podsPlugin } from './plugin.ts';
import { runWorker as runConfigured } from './run-worker.ts';

export { Problem } from '../common/problem.ts';
export type { TemporalPodsOptions } from '../config/pods-options.ts';

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

/**
 * Makes a worker of your own one that runs pods, as a plugin of Temporal's SDK:
 *
 *     const worker = await Worker.create({
 *       connection: await NativeConnection.connect({ address: 'temporal.example:7233' }),
 *       taskQueue: 'etl',
 *       workflowsPath: fileURLToPath(new URL('./dags/index.ts', import.meta.url)),
 *       activities: { sendMail },
 *       plugins: [temporalPods({ context: 'in-cluster', namespace: 'etl', logDir: '/var/log/pods' })],
 *     });
 *     await worker.run();
 *
 * It adds to this worker the activity `runPod` and the workflows `pod`, `dryRun` and `sweep`. While the worker runs, a second one runs beside
 * it, for the cleanups, on the task queue `<taskQueue>-cleanup`; it has the data converter and the activity interceptors of the first one.
 * The schedule of the sweeper is made what `sweepEvery` says. When the worker is told to stop it leaves its pods, which live on, and the
 * next worker adopts them.
 *
 * What is your worker's own stays: connection, data converter, interceptors, other plugins, in either order. A worker that is given a
 * `workflowBundle` needs it made with the same plugin: `bundleWorkflowCode({ workflowsPath, plugins: [plugin] })`. A `Client` needs none;
 * it may have it.
 *
 * Making the worker takes a look at the cluster, which is held until the worker has run.
 *
 * @throws Problem with `exitCode` 2 for a wrong option (its message names the option and its value), before anything is asked for or made.
 *   `Worker.create` rejects with one, too: 2 for what does not fit the worker or is wrong in a file, 3 when Temporal or Kubernetes
 *   does not answer or does not allow it.
 */
export const temporalPods = (options: TemporalPodsOptions): WorkerPlugin & BundlerPlugin =>
  podsPlugin(podsConfig(options));
