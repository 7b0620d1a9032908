/** A worker in this process, on real pods, for workflows that the project does not have. */
import { Worker, type WorkerOptions } from '@temporalio/worker';
import {
  createCleanupActivities,
  createPodActivities,
  Removals,
  type PodDependencies,
} from '../../src/activities/index.ts';
import { createReflectors } from '../../src/kubernetes/reflectors.ts';
import { DEFAULT_POLICY } from '../../src/policy/index.ts';
import type { Real } from './real.ts';

/** @returns how to stop it */
export async function ownWorker(
  world: Real,
  taskQueue: string,
  workflowsPath: string,
  more: Pick<WorkerOptions, 'dataConverter'> = {},
): Promise<() => Promise<void>> {
  const { nativeConnection: connection, namespace } = world.temporal;
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
  const reflector = createReflectors(world.cluster, () => undefined);
  const removals = new Removals();
  const dependencies: PodDependencies = {
    cluster: world.cluster,
    reflector,
    removals,
    namespaces: [world.namespace],
    temporalNamespaceId: namespaceInfo?.id ?? '',
    logRoot: world.logRoot,
    templates: { defaults: {} },
    policy: DEFAULT_POLICY,
    callbacks: {},
    collectorImage: world.images.shell,
  };
  const options = { connection, namespace, maxHeartbeatThrottleInterval: '1s', ...more } as const;
  const workers = [
    await Worker.create({ ...options, taskQueue, workflowsPath, activities: createPodActivities(dependencies) }),
    await Worker.create({
      ...options,
      taskQueue: `${taskQueue}-cleanup`,
      activities: createCleanupActivities(dependencies),
    }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await removals.close();
    reflector.close();
  };
}
