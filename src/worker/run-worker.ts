/**
 * The worker: runs workflows and pods until it is told to stop. On SIGTERM it detaches from its pods, which live on; the next
 * worker adopts them. Cleanups have a queue and slots of their own, so that they never wait behind the pods.
 */
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createCleanupActivities, createPodActivities, Removals, type PodDependencies } from '../activities/index.ts';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { infrastructure, usage } from '../common/problem.ts';
import { orUp } from '../common/program-name.ts';
import { mustStore, type KubernetesConfig, type TemporalConfig, type WorkerConfig } from '../config/index.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { connectCluster } from '../kubernetes/connect.ts';
import { createReflectors } from '../kubernetes/reflectors.ts';
import { MANAGED_SELECTOR } from '../pod/identity.ts';
import { watchForFaults } from './faults.ts';
import { endLeanStart } from './lean-start.ts';
import { workerLogger } from './log.ts';
import { hasPodFailure, markSearchable } from './search-attributes.ts';
import { adjustSweeper } from './sweeper.ts';
import { workerBundle } from './bundle.ts';
import { LONGEST_HEARTBEAT_TIMEOUT } from '../contract/defaults.ts';
import { cleanupQueue } from '../contract/index.ts';

/** Never reached: so that the SDK's own 0.8 of the heartbeat timeout holds, also for the longest one. */
const HEARTBEAT_THROTTLE = LONGEST_HEARTBEAT_TIMEOUT;
/** Longer than a cleanup that has begun takes with the default grace; keep the worker pod's own grace above it. */
const SHUTDOWN_FORCE = '100s';
const PATIENCE_MS = 3_000;

/**
 * Once in a process: log and signals are the process's own.
 *
 * @returns when it was told to stop and has stopped
 * @throws Problem or the SDK's error: the first thing that went wrong
 */
export const runWorker = ({ temporal, kubernetes, workflows, files }: WorkerConfig): Promise<void> =>
  withResources(async (resources) => {
    await mustStore(temporal.logRoot);
    let failure: Error | undefined;
    const logger = workerLogger({ onError: (error) => (failure = error) });
    Runtime.install({ logger });
    const fault = watchForFaults(logger);
    const cluster = resources.adopt(connect(kubernetes), (it) => it.close());
    const reflector = createReflectors(cluster, (message) => logger.warn(message));
    resources.defer(() => reflector.close());
    const removals = new Removals();
    resources.defer(() => removals.close());
    const connection = resources.adopt(await connectTemporal(temporal), (it) => it.close());
    for (const namespace of kubernetes.namespaces) await mayWork(cluster, namespace);
    const dependencies: PodDependencies = {
      cluster,
      reflector,
      removals,
      namespaces: kubernetes.namespaces,
      logRoot: temporal.logRoot,
      collectorImage: kubernetes.collectorImage,
      ...files,
      temporalNamespaceId: await namespaceId(connection, temporal.namespace),
    };
    const options: WorkerOptions = {
      connection,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      shutdownForceTime: SHUTDOWN_FORCE,
      ...((await hasPodFailure(connection, temporal.namespace)) && { interceptors: { activity: [markSearchable] } }),
    };
    // Before any worker is made: the connection of one that never runs cannot be closed.
    const workflowBundle = await workerBundle(workflows, { heartbeatTimeout: temporal.heartbeatTimeout });
    const pods = await Worker.create({
      ...options,
      workflowBundle,
      activities: createPodActivities(dependencies),
      maxConcurrentActivityTaskExecutions: kubernetes.maxPods,
    });
    const cleanups = await Worker.create({
      ...options,
      taskQueue: cleanupQueue(temporal.taskQueue),
      activities: createCleanupActivities(dependencies),
    });
    // Without it, a pod whose workflow was terminated while no worker lived stays for ever.
    await adjustSweeper(connection, temporal).catch((error: unknown) =>
      logger.warn(`the schedule of the sweeper cannot be seen to: ${messageOf(error)}`),
    );
    const ready = () => {
      endLeanStart();
      console.error(
        `worker ready: task queue ${temporal.taskQueue} at ${temporal.connection.address}, ` +
          `pods in ${kubernetes.context}/${kubernetes.namespaces.join()}, logs in ${temporal.logRoot}`,
      );
    };
    await runTogether([pods, cleanups], { fault, ready, cause: () => failure });
  });

/** What the work takes is given back afterwards, in reverse order. @throws the first error: a later one never hides the cause */
export async function withResources<T>(work: (resources: AsyncDisposableStack) => Promise<T>): Promise<T> {
  try {
    await using resources = new AsyncDisposableStack();
    return await work(resources);
  } catch (error) {
    throw firstOf(error);
  }
}

/** Of a SuppressedError, `error` is the later one. */
const firstOf = (error: unknown): unknown => (error instanceof SuppressedError ? firstOf(error.suppressed) : error);

type Runnable = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

interface Together {
  /** Rejects when the process is not to be trusted any longer. */
  fault: Promise<never>;
  ready?: () => void;
  /** What the SDK's workers have last said they fail of. */
  cause?: () => Error | undefined;
  /** For a worker that has failed to end. */
  patienceMs?: number;
}

/** Runs them until all have stopped. When one fails, or there is a fault, all are stopped. @throws the first of these errors */
export async function runTogether(
  workers: readonly Runnable[],
  { fault, ready = () => undefined, cause = () => undefined, patienceMs = PATIENCE_MS }: Together,
): Promise<void> {
  const running = workers.map((worker) => runToItsEnd(worker, cause, patienceMs));
  try {
    ready();
    await Promise.race([Promise.all(running), fault]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
  }
}

/**
 * Of a worker that cannot poll any longer (its namespace is gone, its rights are), `run()` waits for ever for its other polls; of one
 * that does not stop in time it tells that it is still in use. The SDK gives the cause to its log only.
 */
async function runToItsEnd(worker: Runnable, cause: () => Error | undefined, patienceMs: number): Promise<void> {
  const ended = new AbortController();
  const stuck = async (): Promise<never> => {
    while (worker.getState() !== 'FAILED' && !ended.signal.aborted) await pause(patienceMs, ended.signal);
    await pause(patienceMs, ended.signal);
    throw new Error('it has failed and does not end');
  };
  try {
    await Promise.race([worker.run(), stuck()]);
  } catch (error) {
    const why = (worker.getState() === 'FAILED' && cause()) || error;
    throw infrastructure(`the worker cannot go on: ${messageOf(why)}`, why);
  } finally {
    ended.abort();
  }
}

function connect({ context, kubeconfig }: KubernetesConfig): Cluster {
  try {
    return connectCluster({ context, ...(kubeconfig !== undefined && { kubeconfig }) });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** The first thing that fails with a wrong cluster, wrong credentials or too few rights; better now than in the first task. */
async function mayWork(cluster: Cluster, namespace: string): Promise<void> {
  try {
    await cluster.listPods(namespace, MANAGED_SELECTOR);
    // Without its events no pod's success is believed.
    await cluster.podEvents({ namespace, name: 'none', uid: 'none' });
  } catch (error) {
    throw infrastructure(`cannot work in Kubernetes namespace '${namespace}': ${messageOf(error)}`, error);
  }
}

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

/** Names repeat over servers; an id does not, so a rebuilt server never takes another one's pods for its own. */
async function namespaceId(connection: NativeConnection, namespace: string): Promise<string> {
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
    return namespaceInfo?.id ?? namespace;
  } catch (error) {
    throw infrastructure(`Temporal has no namespace '${namespace}', or does not let us see it`, error);
  }
}
