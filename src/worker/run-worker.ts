/**
 * The worker: runs workflows and pods until it is told to stop. On SIGTERM it detaches from its pods, which live on; the next
 * worker adopts them. It is Temporal's own worker with our plugin (plugin.ts), in a process of its own.
 */
import { NativeConnection, Runtime, Worker, type WorkerPlugin } from '@temporalio/worker';
import { infrastructure } from '../common/problem.ts';
import { orUp } from '../common/program-name.ts';
import type { TemporalConfig, WorkerConfig } from '../config/index.ts';
import { workerBundle } from './bundle.ts';
import { watchForFaults } from './faults.ts';
import { endLeanStart } from './lean-start.ts';
import { workerLogger } from './log.ts';
import { podsPlugin } from './plugin.ts';
import { withResources } from './run-together.ts';

/**
 * Once in a process: log and signals are the process's own.
 *
 * @returns when it was told to stop and has stopped
 * @throws Problem or the SDK's error: the first thing that went wrong
 */
export const runWorker = ({ temporal, kubernetes, workflows, files }: WorkerConfig): Promise<void> =>
  withResources(async (resources) => {
    const { namespace, taskQueue, heartbeatTimeout, logRoot, sweepEvery } = temporal;
    let failure: Error | undefined;
    const logger = workerLogger({ onError: (error) => (failure = error) });
    Runtime.install({ logger });
    const fault = watchForFaults(logger);
    const connection = resources.adopt(await connectTemporal(temporal), (it) => it.close());
    const ready = () => {
      endLeanStart();
      console.error(
        `worker ready: task queue ${taskQueue} at ${temporal.connection.address}, ` +
          `pods in ${kubernetes.context}/${kubernetes.namespaces.join()}, logs in ${logRoot}`,
      );
    };
    const pods = podsPlugin(
      {
        kubernetes,
        logRoot,
        heartbeatTimeout,
        ...(sweepEvery !== undefined && { sweepEvery }),
        maxPodsIsDefault: false,
        files: () => Promise.resolve(files),
        inItsWords: (problem) => problem,
      },
      { fault, ready, cause: () => failure },
    );
    // After all else was looked at, and before any worker is made: the connection of one that never runs cannot be closed.
    const bundle: WorkerPlugin = {
      name: 'temporal-pods-bundle',
      configureWorker: async (options) => ({
        ...options,
        workflowBundle: await workerBundle(workflows, { heartbeatTimeout }),
      }),
    };
    const worker = await Worker.create({ connection, namespace, taskQueue, plugins: [pods, bundle] });
    await worker.run();
  });

async function connectTemporal({ connection }: TemporalConfig): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connection);
  } catch (error) {
    throw infrastructure(
      `Temporal at ${connection.address} does not answer: ${orUp('set TEMPORAL_ADDRESS to where yours is')}`,
      error,
    );
  }
}
