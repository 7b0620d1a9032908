/**
 * What makes a worker one that runs pods, as a plugin of Temporal's SDK: activities, the second worker for the cleanups, the schedule of the
 * sweeper. An author's own worker has it, and so has ours. Cleanups have a queue and slots of their own, so that they never wait behind
 * the pods.
 */
import { readFile } from 'node:fs/promises';
import {
  Runtime,
  Worker,
  type BundleOptions,
  type BundlerPlugin,
  type NativeConnection,
  type WorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker';
import { createCleanupActivities, createPodActivities, Removals, type PodDependencies } from '../activities/index.ts';
import { messageOf } from '../common/message-of.ts';
import { infrastructure, usage } from '../common/problem.ts';
import { mustStore, type KubernetesConfig, type PodsConfig } from '../config/index.ts';
import { LONGEST_HEARTBEAT_TIMEOUT } from '../contract/defaults.ts';
import { cleanupQueue } from '../contract/index.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { connectCluster } from '../kubernetes/connect.ts';
import { createReflectors } from '../kubernetes/reflectors.ts';
import { MANAGED_SELECTOR } from '../pod/identity.ts';
import { hasBuiltIn, withPods } from './bundle-options.ts';
import { runTogether, withResources, type Together } from './run-together.ts';
import { hasPodFailure, markSearchable } from './search-attributes.ts';
import { adjustSweeper } from './sweeper.ts';

/** Never reached: so that the SDK's own 0.8 of the heartbeat timeout holds, also for the longest one. */
const HEARTBEAT_THROTTLE = LONGEST_HEARTBEAT_TIMEOUT;
/** Longer than a cleanup that has begun takes with the default grace; keep the worker pod's own grace above it. */
const SHUTDOWN_FORCE = '100s';

/** What a worker that was made has taken, until it has run. */
interface Taken {
  connection: NativeConnection;
  dependencies: PodDependencies;
  reflector: ReturnType<typeof createReflectors>;
}

/** @param together of a process that is nothing else but this worker */
export function podsPlugin(config: PodsConfig, together: Together = {}): WorkerPlugin & BundlerPlugin {
  /** By the activity that only one worker has: a plugin may be given to several. */
  const taken = new WeakMap<object, Taken>();
  return {
    name: 'temporal-pods',
    configureBundler: (options: BundleOptions) => withPods(options, config.heartbeatTimeout),
    async configureWorker(options) {
      try {
        await mustFit(options, config);
        const own = await take(options, config);
        const pods = createPodActivities(own.dependencies);
        taken.set(pods.runPod, own);
        return withActivities(options, pods, config, await hasPodFailure(own.connection, namespaceOf(options)));
      } catch (error) {
        throw config.inItsWords(error);
      }
    },
    async runWorker(worker, next) {
      const { runPod } = Object.fromEntries(worker.options.activities);
      const own = runPod && taken.get(runPod);
      if (!own) throw usage("temporalPods: this worker's runPod is not the plugin's own, or the worker has run before");
      taken.delete(runPod);
      await withResources((resources) => {
        const { cluster, removals } = own.dependencies;
        resources.defer(() => cluster.close());
        resources.defer(() => own.reflector.close());
        resources.defer(() => removals.close());
        return runWithCleanups(worker, next, own, config, together);
      });
    },
  };
}

async function runWithCleanups(
  worker: Worker,
  next: (worker: Worker) => Promise<void>,
  { connection, dependencies }: Taken,
  { sweepEvery }: PodsConfig,
  together: Together,
): Promise<void> {
  const { namespace, taskQueue, identity, dataConverter, interceptors } = worker.options;
  const cleanups = await Worker.create({
    connection,
    namespace,
    identity,
    interceptors: { activity: interceptors.activity },
    ...(dataConverter && { dataConverter }),
    taskQueue: cleanupQueue(taskQueue),
    activities: createCleanupActivities(dependencies),
    shutdownForceTime: SHUTDOWN_FORCE,
  });
  // Without it, a pod whose workflow was terminated while no worker lived stays for ever.
  await adjustSweeper(connection, { namespace, taskQueue, ...(sweepEvery !== undefined && { sweepEvery }) }).catch(
    (error: unknown) => warn(`the schedule of the sweeper cannot be seen to: ${messageOf(error)}`),
  );
  const pods = {
    run: () => next(worker),
    shutdown: () => worker.shutdown(),
    getState: () => worker.getState(),
  };
  await runTogether([pods, cleanups], together);
}

/** Looked at before anything is asked for. @throws Problem (2) */
async function mustFit(options: WorkerOptions, { kubernetes, maxPodsIsDefault }: PodsConfig): Promise<void> {
  const { activities = {}, maxConcurrentActivityTaskExecutions: slots, tuner, workflowBundle: bundle } = options;
  if (options.connection === undefined)
    throw usage('the worker has no connection: Worker.create({ connection: await NativeConnection.connect(…), … })');
  if ('runPod' in activities)
    throw usage("activities.runPod: is the plugin's own; is the plugin given twice, perhaps also to the connection?");
  if (!maxPodsIsDefault && (slots !== undefined || tuner !== undefined))
    throw usage(
      `TEMPORAL_PODS_MAX_PODS=${kubernetes.maxPods}: the worker has ` +
        `${tuner ? 'a tuner' : `maxConcurrentActivityTaskExecutions=${slots}`} of its own; say it once`,
    );
  if (!bundle) return;
  const code = 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
  if (!hasBuiltIn(code))
    throw usage(
      'workflowBundle: was made without this plugin; give it to bundleWorkflowCode too: plugins: [temporalPods({ … })]',
    );
}

/** @throws Problem when the cluster or Temporal does not answer or does not allow it; then nothing is held */
async function take(options: WorkerOptions, config: PodsConfig): Promise<Taken> {
  const { kubernetes, logRoot } = config;
  const connection = options.connection as NativeConnection;
  const files = await config.files();
  await mustStore(logRoot);
  const cluster = connect(kubernetes);
  try {
    for (const namespace of kubernetes.namespaces) await mayWork(cluster, namespace);
    const reflector = createReflectors(cluster, warn);
    const dependencies: PodDependencies = {
      cluster,
      reflector,
      removals: new Removals(),
      namespaces: kubernetes.namespaces,
      logRoot,
      collectorImage: kubernetes.collectorImage,
      ...files,
      temporalNamespaceId: await namespaceId(connection, namespaceOf(options)),
    };
    return { connection, dependencies, reflector };
  } catch (error) {
    cluster.close();
    throw error;
  }
}

function withActivities(
  options: WorkerOptions,
  pods: ReturnType<typeof createPodActivities>,
  { kubernetes }: PodsConfig,
  isSearchable: boolean,
): WorkerOptions {
  const { activities, interceptors, maxConcurrentActivityTaskExecutions: slots, tuner } = options;
  return {
    ...options,
    activities: { ...activities, ...pods },
    maxHeartbeatThrottleInterval: options.maxHeartbeatThrottleInterval ?? HEARTBEAT_THROTTLE,
    shutdownForceTime: options.shutdownForceTime ?? SHUTDOWN_FORCE,
    ...(tuner === undefined && { maxConcurrentActivityTaskExecutions: slots ?? kubernetes.maxPods }),
    ...(isSearchable && {
      interceptors: { ...interceptors, activity: [...(interceptors?.activity ?? []), markSearchable] },
    }),
  };
}

const warn = (message: string): void => void Runtime.instance().logger.warn(message);

const namespaceOf = ({ namespace = 'default' }: WorkerOptions): string => namespace;

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

/** Names repeat over servers; an id does not, so a rebuilt server never takes another one's pods for its own. */
async function namespaceId(connection: NativeConnection, namespace: string): Promise<string> {
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
    return namespaceInfo?.id ?? namespace;
  } catch (error) {
    throw infrastructure(`Temporal has no namespace '${namespace}', or does not let us see it`, error);
  }
}
