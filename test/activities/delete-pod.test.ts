import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { suite, test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCleanupActivities, type PodDependencies } from '../../src/activities/index.ts';
import { refOf } from '../../src/pod/identity.ts';
import { DEFAULT_POLICY } from '../../src/policy/index.ts';
import { ClusterError } from '../../src/kubernetes/cluster-error.ts';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { ANNOTATION } from '../../src/pod/identity.ts';
import type { Cleanup, DeletePodInput } from '../../src/contract/index.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { fileSegments, folderUri, logFolder, Splitter, storedStreams } from '../../src/logs/index.ts';
import { inWorld, linesOf, type World } from '../support/pods.ts';
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
  const reflector = () => ({ subscribe: () => () => undefined });
  const about = { namespaces: ['n'], temporalNamespaceId: 'ns-1', logRoot: '/nowhere', policy: DEFAULT_POLICY };
  const dependencies = { cluster, reflector, ...about } as unknown as PodDependencies;
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

  test(
    'is over with a pod that has ended and that only a finalizer keeps',
    inWorld(
      async ({ fake, dependencies }) => {
        const { uid, name } = refOf(await dependencies.cluster.createPod('n', podOf()));
        fake.edit(name, ({ metadata }) => Object.assign(metadata ?? {}, { finalizers: ['example.com/hold'] }));
        const { gone, over, error } = await cleanup(dependencies, { uid }).result;
        assert.deepEqual([gone, over], [false, true]);
        assert.match(error ?? '', /example\.com\/hold/);
      },
      { waits: { held: 100 } },
    ),
  );

  test(
    'deletes all that were cancelled together in one call, also when one of them cannot be read',
    inWorld(async ({ fake, dependencies }) => {
      const names = ['orders-1', 'orders-2', 'orders-3'];
      const pods = await Promise.all(
        names.map((activityId) => dependencies.cluster.createPod('n', podOf({ ...KEY, activityId }))),
      );
      const [first, second, third] = pods.map(refOf);
      fake.plan('read', { answer: 500 }, { name: second?.name ?? '' });
      const others = names.slice(1).map((activityId) => ({ activityId, task: 'orders' }));
      await assert.rejects(cleanup(dependencies, { mode: 'hurry', activityId: 'orders-1', others }).result);
      assert.deepEqual(
        [first, third].map((pod) => fake.count('delete', pod?.name)),
        [1, 1],
      );
      // So Temporal calls it again.
      await cleanup(dependencies, { mode: 'hurry', activityId: 'orders-1', others }).result;
      assert.equal(fake.count('delete', second?.name), 1);
    }),
  );

  for (const mode of ['hurry', 'confirm', 'keep'] as const)
    test(
      `asks nothing of another cluster than the one that the activity told of: ${mode}`,
      inWorld(async ({ fake, dependencies }) => {
        await dependencies.cluster.createPod('n', podOf());
        const { result } = cleanup(dependencies, {
          mode,
          cluster: 'another',
          uid: 'u',
          keepUntil: '2030-01-01T00:00:00Z',
        });
        await assert.rejects(
          result,
          (error) =>
            error instanceof ApplicationFailure && error.nonRetryable !== true && /another cluster/.test(error.message),
        );
        assert.deepEqual([fake.count('read'), fake.count('delete'), fake.left().length], [0, 0, 1]);
      }),
    );

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

suite('the log of a pod that its activity left behind', () => {
  const stamp = (second: number) => `2026-11-22T10:00:0${second}.000000000Z`;
  const folderOf = ({ dependencies }: World, uid: string) => logFolder(dependencies.logRoot, { ...KEY, uid });
  const linesIn = (world: World, uid: string) => linesOf({ logs: { uri: folderUri(folderOf(world, uid)) } } as never);
  /** A pod at work, of whose log a worker that died has stored the first line. */
  async function leftBehind(world: World) {
    const { fake, dependencies } = world;
    const ref = refOf(await dependencies.cluster.createPod('n', podOf()));
    await dependencies.cluster.ungatePod(ref);
    fake.run(ref.name);
    fake.print(ref.name, 'base', 'one', { timestamp: stamp(1) });
    fake.print(ref.name, 'base', 'two and more', { timestamp: stamp(2) });
    const dead = await fileSegments(folderOf(world, ref.uid)).openSegment('base', 0);
    await dead.append(new Splitter().push(Buffer.from(`${stamp(1)} one\n`)));
    return ref;
  }

  test(
    'is read to its end before it is deleted',
    inWorld(async (world) => {
      const { name, uid } = await leftBehind(world);
      world.fake.finish(name, { exitCode: 0 });
      assert.deepEqual(await cleanup(world.dependencies, { uid }).result, { gone: true });
      assert.deepEqual(await linesIn(world, uid), ['one', 'two and more']);
    }),
  );

  test(
    'and that still works has its last words too',
    inWorld(async (world) => {
      const { fake, dependencies } = world;
      const { name, uid } = await leftBehind(world);
      const { result } = cleanup(dependencies, { uid });
      await fake.until(() => fake.pod(name).metadata?.deletionTimestamp !== undefined);
      fake.print(name, 'base', 'bye', { timestamp: stamp(3) });
      fake.finish(name, { exitCode: 143 });
      assert.deepEqual(await result, { gone: true });
      assert.deepEqual(await linesIn(world, uid), ['one', 'two and more', 'bye']);
    }),
  );

  test(
    'is kept within the limits of its spec, which come from outside: what is no limit is none',
    inWorld(async (world) => {
      const { name, uid } = await leftBehind(world);
      world.fake.print(name, 'base', 'x'.repeat(300), { timestamp: stamp(3) });
      world.fake.finish(name, { exitCode: 0 });
      const logs = { maxLineBytes: 256, maxBytes: 'all' as unknown as number };
      await cleanup(world.dependencies, { uid, logs }).result;
      assert.deepEqual(await linesIn(world, uid), [
        'one',
        'two and more',
        `${'x'.repeat(256)}… [44 more bytes cut by logs.maxLineBytes]`,
      ]);
    }),
  );

  test(
    'and that is gone says that it was not read to its end',
    inWorld(async (world) => {
      const { name, uid } = await leftBehind(world);
      world.fake.remove(name);
      assert.deepEqual(await cleanup(world.dependencies, { uid }).result, { gone: true });
      assert.deepEqual(await linesIn(world, uid), ['one', '<gap>']);
      assert.equal(world.fake.count('log'), 0);
    }),
  );

  test(
    'and that is gone before anything of it was stored says that it may have had a log',
    inWorld(async (world) => {
      const { dependencies } = world;
      assert.deepEqual(await cleanup(dependencies, { uid: 'gone', mainContainer: 'etl' }).result, { gone: true });
      assert.deepEqual(await linesIn(world, 'gone'), ['<gap>']);
      assert.deepEqual(await storedStreams(folderOf(world, 'gone')), [{ container: 'etl', restart: 0 }]);
    }),
  );

  test(
    'and whose main container has no name writes no file of that name',
    inWorld(async (world) => {
      await cleanup(world.dependencies, { uid: 'gone', mainContainer: '../../../etl' }).result;
      assert.deepEqual(await storedStreams(folderOf(world, 'gone')), [{ container: 'base', restart: 0 }]);
    }),
  );

  test(
    'and that has ended by itself is not deleted in a hurry: nothing of it works, and its log may be unread',
    inWorld(async (world) => {
      const { fake, dependencies } = world;
      const { name, uid } = await leftBehind(world);
      await cleanup(dependencies, { mode: 'hurry' }).result;
      assert.equal(fake.count('delete'), 1);
      fake.finish(name, { exitCode: 143 });
      const done = refOf(await dependencies.cluster.createPod('n', podOf()));
      await dependencies.cluster.ungatePod(done);
      fake.run(done.name);
      fake.finish(done.name, { exitCode: 0 });
      await cleanup(dependencies, { mode: 'hurry' }).result;
      assert.deepEqual([fake.count('delete'), fake.left(), done.uid === uid], [1, [done.name], false]);
    }),
  );
});
