import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import type { PodReflector, PodSighting } from '../../src/kubernetes/pod-reflector.ts';
import { MANAGED_BY } from '../../src/pod/identity.ts';
import { PodWatcher } from '../../src/kubernetes/pod-watcher.ts';
import { failureOf, inWorld, SPEC } from '../support/pods.ts';
import { opened, roundTrips } from '../activities/support.ts';

/** A reflector of which the test is the watch. */
function watchByHand() {
  const { promise: subscribed, resolve } = Promise.withResolvers<(sighting: PodSighting) => void>();
  const expected: string[] = [];
  const reflector: PodReflector = {
    subscribe: (_name, listener) => {
      resolve(listener);
      return () => undefined;
    },
    find: () => [],
    ready: async () => undefined,
    reaches: async (version) => {
      expected.push(version ?? '');
      return true;
    },
    silentMs: Infinity,
    close: () => undefined,
  };
  return { reflector, subscribed, expected };
}

const podAt = (version: number, phase = 'Running'): V1Pod => ({
  metadata: { uid: 'u', resourceVersion: String(version), labels: MANAGED_BY },
  status: { phase },
});

/** A watcher that knows version 5 of a pod, and the watch that tells it more. */
async function feedOf(t: TestContext, readPod: () => Promise<V1Pod | undefined>) {
  const { reflector, subscribed, expected } = watchByHand();
  const ref = { namespace: 'n', name: 'x', uid: 'u' };
  const watcher = new PodWatcher({ readPod } as unknown as Cluster, reflector, ref, podAt(5));
  t.after(() => watcher.close());
  return { watcher, tell: await subscribed, expected, reflector };
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

  test('another pod under its name is an answer: it is gone', async (t) => {
    const { watcher } = await feedOf(t, async () => ({ ...podAt(9), metadata: { uid: 'v', resourceVersion: '9' } }));
    await watcher.refresh(5_000);
    assert.deepEqual([watcher.gone, watcher.latest.metadata?.uid], [true, 'u']);
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

  test('version 10 is newer than version 9', async (t) => {
    const { watcher, tell } = await feedOf(t, async () => undefined);
    tell({ type: 'seen', pod: podAt(9, 'Nine') });
    tell({ type: 'seen', pod: podAt(10, 'Ten') });
    tell({ type: 'seen', pod: podAt(9, 'Nine') });
    assert.equal(watcher.latest.status?.phase, 'Ten');
  });

  test('what a read knows and the watch has not told is expected of the watch', async (t) => {
    let version = 6;
    const { watcher, expected } = await feedOf(t, async () => podAt(version));
    await watcher.refresh(5_000);
    await watcher.refresh(5_000);
    version = 7;
    await watcher.refresh(5_000);
    assert.deepEqual(expected, ['6', '7']);
  });

  test('no watch tells of a pod without our label: nothing is expected of it, and the pod is read every 10 s', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let version = 6;
    const bare = () => ({ metadata: { uid: 'u', resourceVersion: String(version++) }, status: { phase: 'Running' } });
    const { watcher, tell, expected, reflector } = await feedOf(t, async () => bare());
    Object.assign(reflector, { silentMs: 0 });
    tell({ type: 'deleted', pod: bare() });
    await watcher.refresh(5_000);
    for (let n = 0; n < 5; n++) {
      const before = watcher.latest;
      t.mock.timers.tick(10_000);
      await watcher.change(5_000, t.signal);
      assert.notEqual(watcher.latest, before);
    }
    assert.deepEqual(expected, []);
  });

  /** At which seconds the pod is read, of the first three minutes. */
  async function readsOf(t: TestContext, silentMs: number): Promise<number[]> {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const reads: number[] = [];
    let second = 0;
    const { reflector } = await feedOf(t, async () => (reads.push(second), podAt(5)));
    Object.assign(reflector, { silentMs });
    for (; second < 180; second += 10) {
      t.mock.timers.tick(10_000);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    return reads.map((at) => at + 10);
  }

  test('with a watch that is silent it is read soon, and then once a minute', async (t) => {
    assert.deepEqual(await readsOf(t, 30_000), [10, 30, 70, 130]);
  });

  test('with a watch that speaks it is never read', async (t) => {
    assert.deepEqual(await readsOf(t, 1_000), []);
  });

  test('a doubt is a read, unless the watch tells first', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let reads = 0;
    const { watcher, tell } = await feedOf(t, async () => (reads++, podAt(7)));
    watcher.doubt();
    tell({ type: 'seen', pod: podAt(6) });
    t.mock.timers.tick(60_000);
    assert.equal(reads, 0);
    watcher.doubt();
    watcher.doubt();
    t.mock.timers.tick(2_000);
    assert.equal(reads, 1);
  });
});

suite('a pod is judged by its newest state', () => {
  test(
    'at its deadline it is read: it may have ended, and the watch not have told',
    inWorld(
      async ({ fake, attempt }) => {
        fake.script((pod) => {
          fake.stallWatches();
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
    'the end of its log is a reason to read it: the watch may be dead, and is opened anew then',
    { timeout: 15_000 },
    (t) => {
      // No read by the clock.
      t.mock.timers.enable({ apis: ['setInterval'] });
      return inWorld(
        async ({ fake, attempt }) => {
          const running = attempt();
          const name = await opened(fake);
          fake.run(name);
          await fake.until(() => fake.open('log') === 1);
          fake.stallWatches();
          const watches = fake.count('watch');
          fake.finish(name, { exitCode: 0 });
          assert.equal((await running.result).exitCode, 0);
          await fake.until(() => fake.count('watch') > watches);
        },
        { waits: { watcher: { doubt: 50, told: 50 } } },
      )();
    },
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
