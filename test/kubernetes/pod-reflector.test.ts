import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ClusterError } from '../../src/kubernetes/cluster-error.ts';
import type { PodSighting } from '../../src/kubernetes/pod-reflector.ts';
import { createReflectors, type Reflectors } from '../../src/kubernetes/reflectors.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { kind, namespace, never, runningPod, withFake } from './pods.ts';

/** A reflector over the fake cluster; `until` also looks after every sighting. */
const withReflector = (work: (fake: FakeCluster, reflectors: Reflectors, troubles: string[]) => Promise<void>) =>
  withFake(async (fake) => {
    const troubles: string[] = [];
    const reflectors = createReflectors(fake.connect({ watchIdle: 60_000 }), (message) => troubles.push(message));
    try {
      await work(fake, reflectors, troubles);
    } finally {
      reflectors.close();
    }
  });

/** Follows a pod; `next` resolves with the first sighting, from now or before, that fits. */
function follow(reflectors: Reflectors, name: string) {
  const seen: PodSighting[] = [];
  let look: () => void = () => undefined;
  const stop = reflectors(namespace).subscribe(name, (sighting) => {
    seen.push(sighting);
    look();
  });
  const next = async (fits: (sighting: PodSighting) => boolean) => {
    for (;;) {
      const found = seen.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => (look = resolve));
    }
  };
  return { seen, next, stop };
}

const phase = (wanted: string) => (sighting: PodSighting) =>
  sighting.type === 'seen' && sighting.pod.status?.phase === wanted;
const type = (wanted: PodSighting['type']) => (sighting: PodSighting) => sighting.type === wanted;
const watching = (fake: FakeCluster) => fake.until(() => fake.open('watch') > 0);

suite('a pod reflector', { timeout: 20_000 }, () => {
  test('tells a subscriber at once what it knows, and then what happens', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      await reflectors(namespace).ready();
      const a = follow(reflectors, 'a');
      assert.deepEqual(
        a.seen.map((sighting) => sighting.type),
        ['seen'],
      );
      await watching(fake);
      fake.finish('a', { exitCode: 3 });
      const sighting = await a.next(phase('Failed'));
      assert.ok('pod' in sighting);
      const ended = sighting.pod.status?.containerStatuses?.[0]?.state?.terminated;
      assert.equal(ended?.exitCode, 3);
      assert.ok(ended.finishedAt instanceof Date, 'times are dates, as in an answer to GET');
    }));

  test('gives the last state with a deletion', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const a = follow(reflectors, 'a');
      await watching(fake);
      fake.finish('a', { exitCode: 7 });
      fake.remove('a');
      const last = await a.next(type('deleted'));
      assert.ok('pod' in last);
      assert.equal(last.pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 7);
      assert.deepEqual(
        reflectors(namespace).find(() => true),
        [],
      );
    }));

  test('says that a pod is missing from a fresh list, also when it never saw it', () =>
    withReflector(async (_fake, reflectors) => {
      const a = follow(reflectors, 'a');
      await a.next(type('missing'));
    }));

  test('says at once that a pod is missing when its list is complete and it does not know the pod', () =>
    withReflector(async (_fake, reflectors) => {
      await reflectors(namespace).ready();
      const a = follow(reflectors, 'a');
      assert.deepEqual(a.seen, [{ type: 'missing' }]);
    }));

  test('says nothing of any pod before its first list', () =>
    withReflector(async (fake, reflectors) => {
      fake.plan('list', 'hang');
      const a = follow(reflectors, 'a');
      await fake.until(() => fake.count('list') === 1);
      assert.deepEqual(a.seen, []);
    }));

  test('says of a pod that was deleted before anybody followed it that it is missing', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const first = follow(reflectors, 'a');
      await watching(fake);
      fake.remove('a');
      await first.next(type('deleted'));
      const late = follow(reflectors, 'a');
      assert.deepEqual(late.seen, [{ type: 'missing' }]);
    }));

  test('tells of a pod that appears after it was called missing', () =>
    withReflector(async (fake, reflectors) => {
      await reflectors(namespace).ready();
      await watching(fake);
      const a = follow(reflectors, 'a');
      runningPod(fake, 'a');
      await a.next(phase('Running'));
      assert.equal(a.seen[0]?.type, 'missing');
    }));

  test('is one list and one watch for all who follow a pod there', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      runningPod(fake, 'b');
      const followers = ['a', 'a', 'b'].map((name) => follow(reflectors, name));
      await watching(fake);
      fake.finish('a', { exitCode: 0 });
      fake.finish('b', { exitCode: 0 });
      await Promise.all(followers.map((one) => one.next(phase('Succeeded'))));
      assert.deepEqual([fake.count('list'), fake.count('watch')], [1, 1]);
    }));

  for (const how of ['reset', 'eof'] as const) {
    test(`goes on after a watch that ended by ${how}, without a new list and without losing anything`, () =>
      withReflector(async (fake, reflectors) => {
        runningPod(fake, 'a');
        const a = follow(reflectors, 'a');
        await watching(fake);
        fake.edit('a', (pod) => Object.assign(pod.metadata ?? {}, { annotations: { n: '0' } }));
        await a.next((sighting) => 'pod' in sighting && sighting.pod.metadata?.annotations?.n === '0');
        for (const n of ['1', '2', '3']) {
          fake.cut('watch', how);
          fake.edit('a', (pod) => Object.assign(pod.metadata ?? {}, { annotations: { n } }));
          await a.next((sighting) => 'pod' in sighting && sighting.pod.metadata?.annotations?.n === n);
        }
        const versions = a.seen.map((sighting) =>
          'pod' in sighting ? sighting.pod.metadata?.annotations?.n : sighting.type,
        );
        assert.deepEqual(versions.slice(-4), ['0', '1', '2', '3']);
        assert.equal(fake.count('list'), 1);
        assert.equal(fake.count('watch'), 4);
      }));
  }

  test('starts again after a bookmark from there', () =>
    withReflector(async (fake, reflectors) => {
      await reflectors(namespace).ready();
      await watching(fake);
      fake.pods.create('elsewhere', { metadata: { name: 'x' } });
      fake.bookmark();
      await fake.until(() => fake.open('watch') === 1);
      fake.cut('watch', 'eof');
      await fake.until(() => fake.count('watch') === 2);
      const version = fake.requests.findLast((request) => request.verb === 'watch')?.query.get('resourceVersion');
      assert.equal(version, String(fake.pods.resourceVersion));
    }));

  test('lists again after 410, and says which pods are missing', () =>
    withReflector(async (fake, reflectors, troubles) => {
      runningPod(fake, 'a');
      runningPod(fake, 'b');
      const [a, b] = [follow(reflectors, 'a'), follow(reflectors, 'b')];
      await watching(fake);
      fake.plan('watch', 'hang');
      fake.cut('watch', 'reset');
      await fake.until(() => fake.count('watch') === 2);
      fake.remove('a');
      fake.finish('b', { exitCode: 0 });
      fake.compact();
      fake.dropHanging();
      await Promise.all([a.next(type('missing')), b.next(phase('Succeeded'))]);
      assert.equal(fake.count('list'), 2);
      const left = reflectors(namespace).find(() => true);
      assert.deepEqual(
        left.map(({ metadata }) => metadata?.name),
        ['b'],
        'what is not in the new list is forgotten',
      );
      assert.ok(!b.seen.some(type('missing')));
      assert.deepEqual(troubles, []);
    }));

  test('lists again when 410 is the answer itself', () =>
    withReflector(async (fake, reflectors) => {
      fake.plan('watch', { answer: 410 });
      await reflectors(namespace).ready();
      await fake.until(() => fake.count('list') === 2);
    }));

  test('comes through errors, and is quiet about fewer than three of them', () =>
    withReflector(async (fake, reflectors, troubles) => {
      fake.plan('list', { answer: 500 });
      fake.plan('list', { answer: 503 });
      runningPod(fake, 'a');
      await follow(reflectors, 'a').next(phase('Running'));
      assert.deepEqual(troubles, []);
    }));

  test('tells of the third error in a row, in words for the log', () =>
    withReflector(async (fake, reflectors, troubles) => {
      fake.plan('list', { answer: 403, message: 'pods is forbidden' }, { times: 3 });
      await reflectors(namespace).ready();
      assert.deepEqual(troubles, ['pods in etl: 3 failures in a row. list pods in etl: pods is forbidden (403)']);
    }));

  test('starts a watch anew that does not tell what a read has shown, from where it was', () =>
    withReflector(async (fake, reflectors, troubles) => {
      runningPod(fake, 'a');
      const a = follow(reflectors, 'a');
      await watching(fake);
      fake.stallWatches();
      fake.finish('a', { exitCode: 0 });
      const read = await fake.connect().readPod(namespace, 'a');
      assert.equal(await reflectors(namespace).reaches(read?.metadata?.resourceVersion, 50), false);
      await a.next(phase('Succeeded'));
      assert.deepEqual([fake.count('watch'), fake.count('list')], [2, 1]);
      assert.match(troubles[0] ?? '', /did not tell/);
    }));

  test('lists anew when the next watch tells nothing either', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const a = follow(reflectors, 'a');
      await watching(fake);
      fake.stallWatches();
      fake.finish('a', { exitCode: 0 });
      const read = await fake.connect().readPod(namespace, 'a');
      fake.plan('watch', 'hang');
      assert.equal(await reflectors(namespace).reaches(read?.metadata?.resourceVersion, 50), false);
      await fake.until(() => fake.count('watch') === 2);
      assert.equal(await reflectors(namespace).reaches(read?.metadata?.resourceVersion, 50), false);
      await a.next(phase('Succeeded'));
      assert.equal(fake.count('list'), 2);
    }));

  test('starts it anew once, however many wait for it', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const a = follow(reflectors, 'a');
      await watching(fake);
      fake.stallWatches();
      fake.finish('a', { exitCode: 0 });
      const version = String(fake.pods.resourceVersion);
      const waits = Array.from({ length: 5 }, () => reflectors(namespace).reaches(version, 50));
      assert.ok((await Promise.all(waits)).every((reached) => !reached));
      await a.next(phase('Succeeded'));
      assert.deepEqual([fake.count('watch'), fake.count('list')], [2, 1]);
    }));

  test('leaves a watch alone that tells it in time, or has told it', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const a = follow(reflectors, 'a');
      await watching(fake);
      const next = String(fake.pods.resourceVersion + 1);
      const reached = reflectors(namespace).reaches(next, 10_000);
      fake.finish('a', { exitCode: 0 });
      assert.equal(await reached, true);
      assert.equal(await reflectors(namespace).reaches(next, 10_000), true);
      await a.next(phase('Succeeded'));
      assert.equal(fake.count('watch'), 1);
    }));

  test('compares versions as numbers', () =>
    withReflector(async (fake, reflectors) => {
      fake.pods.resourceVersion = 9_998;
      runningPod(fake, 'a');
      await reflectors(namespace).ready();
      assert.equal(await reflectors(namespace).reaches('9999', 1), true, `at ${fake.pods.resourceVersion}`);
    }));

  test('keeps no managedFields', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      fake.edit('a', (pod) => Object.assign(pod.metadata ?? {}, { managedFields: [{ manager: 'kubelet' }] }));
      await reflectors(namespace).ready();
      const [pod] = reflectors(namespace).find((one) => one.metadata?.name === 'a');
      assert.equal(pod?.metadata?.managedFields, undefined);
    }));

  test('goes on telling the others when one listener throws', () =>
    withReflector(async (fake, reflectors, troubles) => {
      runningPod(fake, 'a');
      reflectors(namespace).subscribe('a', () => {
        throw new Error('a bug');
      });
      await follow(reflectors, 'a').next(phase('Running'));
      assert.match(troubles[0] ?? '', /a bug/);
    }));

  test('tells nobody who has left', () =>
    withReflector(async (fake, reflectors) => {
      runningPod(fake, 'a');
      const [left, stays] = [follow(reflectors, 'a'), follow(reflectors, 'a')];
      await stays.next(phase('Running'));
      left.stop();
      const before = left.seen.length;
      await watching(fake);
      fake.finish('a', { exitCode: 0 });
      await stays.next(phase('Succeeded'));
      assert.equal(left.seen.length, before);
    }));

  test('ends its watch when it is closed, and does not come back', () =>
    withReflector(async (fake, reflectors) => {
      await reflectors(namespace).ready();
      await watching(fake);
      reflectors.close();
      await fake.until(() => fake.open('watch') === 0);
      for (let turn = 0; turn < 5; turn++) await fake.connect().readPod(namespace, 'a');
      assert.deepEqual([fake.count('list'), fake.count('watch')], [1, 1]);
    }));

  test('that is closed before its first list is never ready', () =>
    withReflector(async (fake, reflectors) => {
      fake.plan('list', 'hang');
      const ready = reflectors(namespace).ready();
      reflectors.close();
      await assert.rejects(ready, /closed/);
    }));
});

suite('a pod reflector that doubts its watch', { timeout: 10_000 }, () => {
  /** A server that lists one pod and whose watches end without an event. */
  function endingAtOnce(lists: number) {
    let left = lists;
    let enough: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (enough = resolve));
    const cluster = {
      async listPods() {
        if (--left <= 0) enough();
        return { items: [{ metadata: { name: 'a', uid: 'u', resourceVersion: '5' } }], resourceVersion: '9' };
      },
      async *watchPods() {},
    };
    return { cluster, done };
  }

  test('lists again when minutes passed without even a bookmark, and repeats nothing', async (context) => {
    let now = 0;
    context.mock.method(performance, 'now', () => (now += 240_000));
    const { cluster, done } = endingAtOnce(3);
    const troubles: string[] = [];
    const reflectors = createReflectors(cluster, (message) => troubles.push(message));
    const a = follow(reflectors, 'a');
    await done;
    reflectors.close();
    assert.deepEqual(
      a.seen.map((sighting) => sighting.type),
      ['seen'],
    );
    assert.deepEqual(troubles, []);
  });

  test('lists again after a watch that was silent until it was taken for dead', async (context) => {
    let now = 0;
    context.mock.method(performance, 'now', () => (now += 100_000));
    const { cluster, done } = endingAtOnce(2);
    let watches = 0;
    async function* watchPods(): AsyncGenerator<never> {
      watches++;
      throw new ClusterError('watch pods in n: silent for 100 s', { kind: 'transient' });
    }
    const reflectors = createReflectors({ ...cluster, watchPods }, () => undefined, { firstMs: 1, mostMs: 1 });
    await reflectors(namespace).ready();
    await done;
    reflectors.close();
    assert.equal(watches, 1);
  });

  test('takes a watch that ends at once for a failure: it waits, complains, and lists again in the end', async () => {
    const { cluster, done } = endingAtOnce(2);
    const troubles: string[] = [];
    const waits = { firstMs: 1, mostMs: 1 };
    const reflectors = createReflectors(cluster, (message) => troubles.push(message), waits);
    await reflectors(namespace).ready();
    await done;
    reflectors.close();
    assert.match(troubles[0] ?? '', /3 failures in a row\. the server ended the watch at once/);
  });
});

suite('watchPods', () => {
  const options = { labelSelector: '', resourceVersion: '0', signal: never };

  test('asks for bookmarks and for an end after four to five minutes', () =>
    withFake(async (fake) => {
      fake.plan('watch', { cutAfter: 0, how: 'eof' });
      for await (const event of fake.connect().watchPods(namespace, options)) assert.fail(event.type);
      const { query } = fake.requests[0] ?? {};
      const seconds = Number(query?.get('timeoutSeconds'));
      assert.equal(query?.get('allowWatchBookmarks'), 'true');
      assert.ok(seconds >= 240 && seconds <= 300);
    }));

  test('that is silent for too long throws', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      const watch = fake.connect({ watchIdle: 30 }).watchPods(namespace, options);
      await assert.rejects(watch[Symbol.asyncIterator]().next(), kind('transient', /silent for 0\.03 s/));
    }),
  );

  test('throws what an ERROR event says', () =>
    withFake(async (fake) => {
      fake.pods.create(namespace, { metadata: { name: 'a' } });
      fake.compact();
      const watch = fake.connect().watchPods(namespace, options);
      await assert.rejects(watch[Symbol.asyncIterator]().next(), kind('gone', /too old resource version/));
    }));

  test('cut in the middle of an event throws instead of making something of it', () =>
    withFake(async (fake) => {
      fake.pods.create(namespace, { metadata: { name: 'a' } });
      for (const how of ['reset', 'eof'] as const) {
        fake.plan('watch', { cutAfter: 30, how });
        const watch = fake.connect().watchPods(namespace, options);
        await assert.rejects(watch[Symbol.asyncIterator]().next(), kind('transient'));
      }
    }));
});
