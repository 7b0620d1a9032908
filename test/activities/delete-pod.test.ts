import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCleanupActivities, type PodDependencies } from '../../src/activities/index.ts';
import { refOf } from '../../src/pod/identity.ts';
import { ClusterError } from '../../src/kubernetes/cluster-error.ts';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { ANNOTATION } from '../../src/pod/identity.ts';
import type { Cleanup, DeletePodInput } from '../../src/contract/index.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { inWorld } from '../support/pods.ts';
import { KEY, podOf } from './support.ts';

const nothing = () => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

function cleanup(dependencies: PodDependencies, more: Partial<DeletePodInput> = {}) {
  const { workflowId, runId, activityId } = KEY;
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId } }, { logger: silent });
  const { deletePod } = createCleanupActivities(dependencies);
  const input: DeletePodInput = { activityId, task: 'orders', mode: 'confirm', ...more };
  const result = environment.run<[DeletePodInput], Cleanup, typeof deletePod>(deletePod, input);
  // A test looks at the result when it is ready to.
  result.catch(() => undefined);
  const shutdown = () =>
    environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
  return { result, shutdown };
}

/** A cluster that answers the two verbs of a cleanup like this, and counts. */
function clusterOf(readPod: (read: number) => Promise<V1Pod | undefined>) {
  const asked = { reads: 0, deletes: 0 };
  const reading = Promise.withResolvers<void>();
  const deleted = Promise.withResolvers<void>();
  const cluster = {
    readPod: () => {
      reading.resolve();
      return readPod(++asked.reads);
    },
    deletePod: async () => {
      asked.deletes++;
      deleted.resolve();
      return 'deleting' as const;
    },
  } as unknown as Cluster;
  const dependencies = { cluster, namespaces: ['n'], temporalNamespaceId: 'ns-1' } as unknown as PodDependencies;
  return { asked, dependencies, reading: reading.promise, deleted: deleted.promise };
}

const there = (): V1Pod => ({ ...podOf(), metadata: { ...podOf().metadata, uid: 'u' } });

suite('the workflow’s own cleanup', () => {
  test('looks once more, after the longest time for which a create can be under way', async (t) => {
    // Who has imported the timers by name sees the mocked ones only after a sync.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    syncBuiltinESMExports();
    try {
      const { asked, dependencies, deleted } = clusterOf(async (read) => (read === 2 ? there() : undefined));
      const { result } = cleanup(dependencies);
      for (let second = 0; second < 11; second++) {
        await new Promise(setImmediate);
        t.mock.timers.tick(1_000);
      }
      assert.equal(asked.reads, 1);
      await new Promise(setImmediate);
      t.mock.timers.tick(1_000);
      await deleted;
      assert.deepEqual(await result, { gone: true });
      assert.equal(asked.deletes, 1);
    } finally {
      t.mock.timers.reset();
      syncBuiltinESMExports();
    }
  });

  test('is not over with a worker that shuts down before the second look', async () => {
    const { dependencies, reading } = clusterOf(async () => undefined);
    const { result, shutdown } = cleanup(dependencies);
    await reading;
    await new Promise(setImmediate);
    shutdown();
    await assert.rejects(result, CancelledFailure);
  });

  test('does not say gone of a pod that is still there: it fails, to be tried again', async () => {
    const { dependencies, deleted } = clusterOf(async () => there());
    const { result, shutdown } = cleanup(dependencies, { uid: 'u' });
    await deleted;
    shutdown();
    await assert.rejects(
      result,
      (error) => error instanceof ApplicationFailure && error.type === 'CleanupFailed' && error.nonRetryable !== true,
    );
  });

  test('leaves a stranger’s pod of our name alone', async () => {
    const stranger = { ...there(), metadata: { ...there().metadata, annotations: {} } };
    const { asked, dependencies } = clusterOf(async () => stranger);
    assert.deepEqual(await cleanup(dependencies, { uid: 'u' }).result, { gone: true });
    assert.equal(asked.deletes, 0);
  });

  test('without permission is over: trying again cannot help', async () => {
    const { dependencies } = clusterOf(() => Promise.reject(new ClusterError('no', { kind: 'forbidden' })));
    await assert.rejects(
      cleanup(dependencies, { uid: 'u' }).result,
      (error) => error instanceof ApplicationFailure && error.nonRetryable === true,
    );
  });

  const keepUntil = '2030-01-01T00:00:00.000Z';
  const marks = (fake: FakeCluster) =>
    fake.pods.all().map(({ metadata }) => metadata?.annotations?.[ANNOTATION.keepUntil]);

  test(
    'lets the pod of a cancelled task run on, marked for the sweeper',
    inWorld(async ({ fake, dependencies }) => {
      const pod = refOf(await dependencies.cluster.createPod('n', podOf()));
      await dependencies.cluster.ungatePod(pod);
      fake.run(pod.name);
      const { result } = cleanup(dependencies, { mode: 'keep', keepUntil, uid: pod.uid });
      assert.deepEqual(await result, { gone: false, kept: keepUntil });
      assert.deepEqual([marks(fake), fake.count('delete')], [[keepUntil], 0]);
    }),
  );

  test(
    'deletes one that never ran, though it may run on',
    inWorld(async ({ fake, dependencies }) => {
      const { uid } = refOf(await dependencies.cluster.createPod('n', podOf()));
      assert.deepEqual(await cleanup(dependencies, { mode: 'keep', keepUntil, uid }).result, { gone: true });
      assert.deepEqual(fake.left(), []);
    }),
  );

  test(
    'deletes one that may not be marked, and says so; a bad moment is tried again',
    inWorld(async ({ fake, dependencies }) => {
      const pod = refOf(await dependencies.cluster.createPod('n', podOf()));
      await dependencies.cluster.ungatePod(pod);
      const keep = () => cleanup(dependencies, { mode: 'keep', keepUntil, uid: pod.uid }).result;
      fake.plan('patch', { answer: 500 });
      await assert.rejects(keep(), (error) => error instanceof ApplicationFailure && error.nonRetryable !== true);
      fake.plan('patch', { answer: 403 });
      const { gone, error } = await keep();
      assert.equal(gone, true);
      assert.match(error ?? '', /was to run on.*cannot do this/);
    }),
  );

  test(
    'finds the pod where it was recorded, though the worker’s default namespace is another now',
    inWorld(async ({ fake, dependencies }) => {
      const { metadata } = await dependencies.cluster.createPod('n', podOf());
      const uid = metadata?.uid ?? '';
      const { result } = cleanup({ ...dependencies, namespaces: ['m', 'n'] }, { namespace: 'n', uid });
      assert.deepEqual(await result, { gone: true });
      assert.deepEqual(fake.left(), []);
    }),
  );
});
