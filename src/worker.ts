/**
 * The worker: runs workflows and pods until it is told to stop. On SIGTERM it detaches from its pods, which live on; the next
 * worker adopts them. Cleanups have a queue and slots of their own, so that they never wait behind the pods.
 */
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createCleanupActivities, createPodActivities, type PodDependencies } from './activities/index.ts';
import { connectCluster } from './kubernetes/connect.ts';
import type { Cluster } from './kubernetes/cluster.ts';
import { createReflectors } from './kubernetes/reflectors.ts';
import { MANAGED_SELECTOR } from './pod/identity.ts';
import { kubernetesConfig, temporalConfig, workerFiles, workflowsModule, type TemporalConfig } from './config/index.ts';
import { mustStore } from './config/log-folder.ts';
import { messageOf } from './common/message-of.ts';
import { infrastructure, main, usage } from './common/problem.ts';
import { orUp } from './common/program-name.ts';
import { hasPodFailure, markSearchable } from './worker/search-attributes.ts';
import { ensureSweeper } from './worker/sweeper.ts';
import { workerLogger } from './worker/log.ts';
import { withEntry } from './worker/workflows-entry.ts';

/** Bounds how long a cancel goes unnoticed, at the price of one call per pod and interval (1,000 pods: 200 calls a second). */
const HEARTBEAT_THROTTLE = '5s';
/** Longer than a cleanup that has begun takes with the default grace; keep the worker pod's own grace above it. */
const SHUTDOWN_FORCE = '100s';

await main(async () => {
  const temporal = temporalConfig();
  const kubernetes = kubernetesConfig();
  const workflows = workflowsModule();
  const files = await workerFiles();
  await mustStore(temporal.logRoot);
  const logger = workerLogger();
  Runtime.install({ logger });
  // An author's callback may leave a promise behind, and nobody's pods shall change workers for that.
  process.on('unhandledRejection', (reason) => {
    const { stack } = reason instanceof Error ? reason : {};
    logger.error(`a promise that nobody waited for was rejected: ${messageOf(reason)}`, { stack });
  });
  const cluster = connect(kubernetes);
  const reflectors = createReflectors(cluster, (message) => logger.warn(message));
  const connection = await connectTemporal(temporal);
  try {
    for (const namespace of kubernetes.namespaces) await mayList(cluster, namespace);
    const dependencies: PodDependencies = {
      cluster,
      reflector: reflectors,
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
    const workers = await Promise.all([
      withEntry(workflows, (bundling) =>
        Worker.create({
          ...options,
          ...bundling,
          activities: createPodActivities(dependencies),
          maxConcurrentActivityTaskExecutions: kubernetes.maxPods,
        }),
      ),
      Worker.create({
        ...options,
        taskQueue: `${temporal.taskQueue}-cleanup`,
        activities: createCleanupActivities(dependencies),
      }),
    ]);
    // Without it, a pod whose workflow was terminated while no worker lived stays for ever.
    await ensureSweeper(connection, temporal).catch((error: unknown) =>
      logger.warn(`no sweeper: its schedule cannot be created: ${messageOf(error)}`),
    );
    const running = workers.map((worker) => worker.run());
    console.error(
      `worker ready: task queue ${temporal.taskQueue} at ${temporal.connection.address}, ` +
        `pods in ${kubernetes.context}/${kubernetes.namespaces.join()}, logs in ${temporal.logRoot}`,
    );
    await Promise.all(running);
    return 0;
  } finally {
    reflectors.close();
    cluster.close();
    await connection.close();
  }
});

function connect({ context, kubeconfig }: ReturnType<typeof kubernetesConfig>) {
  try {
    return connectCluster({ context, ...(kubeconfig !== undefined && { kubeconfig }) });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** The first thing that fails with a wrong cluster, wrong credentials or too few rights; better now than in the first task. */
async function mayList(cluster: Cluster, namespace: string): Promise<void> {
  try {
    await cluster.listPods(namespace, MANAGED_SELECTOR);
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
