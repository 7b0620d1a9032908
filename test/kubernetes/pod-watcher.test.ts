import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import type { PodReflector, PodSighting } from '../../src/kubernetes/pod-reflector.ts';
import { PodWatcher } from '../../src/kubernetes/pod-watcher.ts';
import { failureOf, inWorld, SPEC } from '../support/pods.ts';
import { opened, roundTrips } from '../activities/support.ts';

/** A reflector of which the test is the watch. */
function watchByHand() {
  const { promise: subscribed, resolve } = Promise.withResolvers<(sighting: PodSighting) => void>();
  const reflector: PodReflector = {
    subscribe: (_name, listener) => {
      resolve(listener);
      return () => undefined;
    },
    find: () => [],
    ready: async () => undefined,
    close: () => undefined,
  };
  return { reflector, subscribed };
}

const podAt = (version: number, phase = 'Running'): V1Pod => ({
  metadata: { uid: 'u', resourceVersion: String(version) },
  status: { phase },
});

/** A watcher that knows version 5 of a pod, and the watch that tells it more. */
async function feedOf(t: TestContext, readPod: () => Promise<V1Pod | undefined>) {
  const { reflector, subscribed } = watchByHand();
  const ref = { namespace: 'n', name: 'x', uid: 'u' };
  const watcher = new PodWatcher({ readPod } as unknown as Cluster, reflector, ref, podAt(5));
  t.after(() => watcher.close());
  return { watcher, tell: await subscribed };
}

suite('what is known of a pod', () => {
  test('a DELETED event is no proof that it is gone: the GET decides', async (t) => {
    const { watcher, tell } = await feedOf(t, async () => podAt(6));
    tell({ type: 'deleted', pod: podAt(6) });
    await watcher.refresh(5_000);
    assert.equal(watcher.gone, false);
  });

  test('no answer is not an absence: it is asked again', async (t) => {
    let asked = 0;
    const { watcher, tell } = await feedOf(t, async () => {
      if (++asked === 1) throw new Error('away');
      return podAt(6);
    });
    tell({ type: 'missing' });
    await watcher.refresh(5_000);
    assert.deepEqual([watcher.gone, asked], [false, 2]);
  });

  test('an older state does not take the place of a newer one', async (t) => {
    const { watcher, tell } = await feedOf(t, async () => podAt(5));
    tell({ type: 'seen', pod: podAt(4, 'Pending') });
    assert.equal(watcher.latest.status?.phase, 'Running');
  });

  test('a pod that is missing from a list is asked for', async (t) => {
    const { watcher, tell } = await feedOf(t, async () => undefined);
    tell({ type: 'missing' });
    await watcher.change(5_000, t.signal);
    assert.equal(watcher.gone, true);
  });

  test('an answer that was under way when its deletion was told proves nothing: it is asked again', async (t) => {
    const first = Promise.withResolvers<V1Pod>();
    let asked = 0;
    const { watcher, tell } = await feedOf(t, async () => (++asked === 1 ? first.promise : undefined));
    tell({ type: 'missing' });
    tell({ type: 'deleted', pod: podAt(6) });
    first.resolve(podAt(5));
    await watcher.refresh(5_000);
    assert.deepEqual([watcher.gone, asked], [true, 2]);
  });

  test('with a watch that has gone quiet, it is asked for once a minute', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { watcher } = await feedOf(t, async () => undefined);
    t.mock.timers.tick(60_000);
    await watcher.change(5_000, t.signal);
    assert.equal(watcher.gone, true);
  });
});

suite('a pod is judged by its newest state', () => {
  test(
    'at its deadline it is read: it may have ended, and the watch not have told',
    inWorld(
      async ({ fake, attempt }) => {
        fake.plan('watch', 'hang', { times: 100 });
        fake.script(async (pod) => {
          // Read when it began to be followed, since the watch tells nothing; from then on, nothing tells of it.
          const before = fake.count('read');
          await fake.until(() => fake.count('read') > before);
          pod.run();
          pod.finish({ exitCode: 0 });
        });
        const { exitCode } = await attempt({ ...SPEC, timeouts: { schedule: '1h' } }).result;
        assert.equal(exitCode, 0);
      },
      { age: 3_600_000 - 1_500 },
    ),
  );

  test(
    'a change that comes while Temporal is asked counts',
    inWorld(async (world) => {
      const { fake, temporal, attempt } = world;
      const running = attempt();
      const name = await opened(fake);
      fake.run(name);
      await fake.until(() => fake.open('log') === 1);
      const { promise, resolve } = Promise.withResolvers<void>();
      temporal.silence = promise;
      const now = Math.floor(Date.now() / 1000) * 1000;
      fake.edit(name, ({ metadata }) =>
        Object.assign(metadata ?? {}, { deletionTimestamp: new Date(now + 30_000), deletionGracePeriodSeconds: 30 }),
      );
      // Once shown to the SDK, once by task token: Temporal is being asked.
      await temporal.until(() => temporal.heartbeats.filter(({ reason }) => reason === 'Terminating').length >= 2);
      // Ended before it was deleted.
      fake.finish(name, { exitCode: 0, finishedAt: new Date(now - 5_000) });
      await roundTrips(world);
      resolve();
      assert.equal((await running.result).exitCode, 0);
    }),
  );

  test(
    'gone without a last word it may have worked, and is not free to be run again',
    inWorld(async ({ fake, temporal, dependencies }) => {
      const { reflector, subscribed } = watchByHand();
      fake.script((pod) => pod.run());
      const running = temporal.attempt({ ...dependencies, reflector: () => reflector }, SPEC);
      const tell = await subscribed;
      await fake.until(() => fake.ran.length === 1);
      fake.remove(fake.left()[0] as string);
      tell({ type: 'missing' });
      const { error, details } = await failureOf(running);
      assert.equal(error.type, 'PodDeleted');
      assert.equal(details.startedEver, true);
    }),
  );
});
