import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import type { PodRef } from '../../src/contract/index.ts';
import { gatedPod, kind, namespace, never, refOf, runningPod, withFake } from './pods.ts';

suite('createPod', () => {
  test('gives back the pod with its uid, and times as dates', () =>
    withFake(async (fake) => {
      const pod = await fake.connect().createPod(namespace, gatedPod('a'));
      assert.equal(pod.metadata?.uid, fake.created[0]);
      assert.ok(pod.metadata?.creationTimestamp instanceof Date);
    }));

  test('of a name that is taken is alreadyExists, also while that pod is being deleted', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = runningPod(fake, 'a');
      await assert.rejects(
        cluster.createPod(namespace, gatedPod('a')),
        kind('alreadyExists', /^create pod etl\/a: pods "a" already exists/),
      );
      await cluster.deletePod(ref);
      await assert.rejects(
        cluster.createPod(namespace, gatedPod('a')),
        kind('alreadyExists', /object is being deleted/),
      );
    }));

  test('whose answer is lost is transient, and the pod is there', () =>
    withFake(async (fake) => {
      fake.plan('create', 'lose answer');
      await assert.rejects(fake.connect().createPod(namespace, gatedPod('a')), kind('transient'));
      assert.deepEqual(fake.left(), ['a']);
    }));

  test('that nobody answers ends after its own time limit', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      fake.plan('create', 'hang');
      const cluster = fake.connect({ create: 30, call: 1e6 });
      await assert.rejects(cluster.createPod(namespace, gatedPod('a')), kind('transient', /no answer within 0\.03 s/));
    }),
  );

  const refusals = [
    [409, 'transient'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
    [403, 'forbidden'],
    [422, 'invalid'],
  ] as const;
  for (const [status, wanted] of refusals) {
    test(`answered with ${status} is ${wanted}`, () =>
      withFake(async (fake) => {
        fake.plan('create', { answer: status });
        await assert.rejects(fake.connect().createPod(namespace, gatedPod('a')), kind(wanted));
        assert.deepEqual(fake.created, []);
      }));
  }

  test('that is asked to come again says when', () =>
    withFake(async (fake) => {
      fake.plan('create', { answer: 429, retryAfter: 7 });
      await assert.rejects(fake.connect().createPod(namespace, gatedPod('a')), { retryAfterMs: 7000 });
    }));
});

suite('createPod as a dry run', () => {
  test('gives back what the server made of the pod, and stores nothing', () =>
    withFake(async (fake) => {
      const pod = await fake.connect().createPod(namespace, gatedPod('a'), { dryRun: true });
      assert.equal(pod.spec?.terminationGracePeriodSeconds, 30);
      assert.deepEqual([fake.left(), fake.created], [[], []]);
      assert.equal(fake.requests[0]?.query.get('dryRun'), 'All');
    }));

  test('is refused as a real one would be', () =>
    withFake(async (fake) => {
      runningPod(fake, 'a');
      await assert.rejects(
        fake.connect().createPod(namespace, gatedPod('a'), { dryRun: true }),
        kind('alreadyExists', /already exists/),
      );
    }));
});

suite('annotatePod', () => {
  test('sets what it is given, slashes and all, and leaves the others', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(
        await cluster.createPod(namespace, { ...gatedPod('a'), metadata: { name: 'a', annotations: { mine: '1' } } }),
      );
      const pod = await cluster.annotatePod(ref, { 'temporal-pods/keep-until': 'tomorrow', 'odd~key': '' });
      const wanted = { mine: '1', 'temporal-pods/keep-until': 'tomorrow', 'odd~key': '' };
      assert.deepEqual([pod.metadata?.annotations, fake.pod('a').metadata?.annotations], [wanted, wanted]);
    }));

  test('touches no other pod of this name', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(
        await cluster.createPod(namespace, { ...gatedPod('a'), metadata: { name: 'a', annotations: {} } }),
      );
      await assert.rejects(
        cluster.annotatePod({ ...ref, uid: 'another' }, { x: '1' }),
        kind('conflict', /another pod/),
      );
      assert.deepEqual(fake.pod('a').metadata?.annotations, {});
      fake.remove('a');
      await assert.rejects(cluster.annotatePod(ref, { x: '1' }), kind('notFound'));
    }));
});

test('a create that waited too long for a connection is never sent', { timeout: 10_000 }, () =>
  withFake(async (fake) => {
    const cluster = fake.connect({ create: 50 });
    fake.plan('read', 'hang', { times: 64 });
    const hanging = Array.from({ length: 64 }, () => cluster.readPod(namespace, 'a').catch(() => undefined));
    await fake.until(() => fake.count('read') === 64);
    await assert.rejects(cluster.createPod(namespace, gatedPod('a')), kind('transient', /no answer within/));
    fake.dropHanging();
    await Promise.all(hanging);
    await cluster.readPod(namespace, 'a');
    assert.equal(fake.count('create'), 0);
  }),
);

suite('readPod', () => {
  test('of a name that is not there is undefined', () =>
    withFake(async (fake) => assert.equal(await fake.connect().readPod(namespace, 'a'), undefined)));

  test('throws when a proxy answers 404: that is not an absent pod', () =>
    withFake(async (fake) => {
      fake.plan('read', { answer: 404, body: '<html>no such site</html>' });
      await assert.rejects(fake.connect().readPod(namespace, 'a'), kind('transient'));
    }));

  test('that nobody answers ends after the time limit', { timeout: 5000 }, () =>
    withFake(async (fake) => {
      fake.plan('read', 'hang');
      await assert.rejects(fake.connect({ call: 30 }).readPod(namespace, 'a'), kind('transient', /no answer within/));
    }),
  );

  test('of a server that is not there says so', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      await fake.close();
      await assert.rejects(cluster.readPod(namespace, 'a'), kind('transient', /^read pod etl\/a: /));
    }));

  test('twenty times in a row takes one connection', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      for (let call = 0; call < 20; call++) await cluster.readPod(namespace, 'a');
      assert.equal(fake.connections, 1);
    }));
});

suite('listPods', () => {
  test('reads all pages, and only what has the labels', () =>
    withFake(async (fake) => {
      for (let number = 0; number < 1001; number++) fake.pods.create(namespace, gatedPod(`pod-${number}`));
      fake.pods.create(namespace, { metadata: { name: 'stranger' } });
      fake.pods.create('elsewhere', gatedPod('elsewhere'));
      const { items, resourceVersion } = await fake
        .connect()
        .listPods(namespace, 'app.kubernetes.io/managed-by=temporal-pods');
      assert.equal(new Set(items.map((pod) => pod.metadata?.name)).size, 1001);
      assert.ok(!items.some((pod) => ['stranger', 'elsewhere'].includes(pod.metadata?.name ?? '')));
      assert.equal(resourceVersion, String(fake.pods.resourceVersion));
      assert.equal(fake.count('list'), 3);
    }));

  test('reads everything at once when the pages expire on the way', () =>
    withFake(async (fake) => {
      for (let number = 0; number < 501; number++) fake.pods.create(namespace, gatedPod(`pod-${number}`));
      let release: () => void = () => undefined;
      fake.plan('list', { answerAfter: new Promise<void>((resolve) => (release = resolve)) });
      const listing = fake.connect().listPods(namespace, '');
      await fake.until(() => fake.count('list') === 1);
      fake.compact();
      release();
      assert.equal((await listing).items.length, 501);
      assert.equal(fake.count('list'), 3);
    }));
});

suite('ungatePod', () => {
  test('takes our gate away', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(await cluster.createPod(namespace, gatedPod('a')));
      assert.equal((await cluster.ungatePod(ref)).spec?.schedulingGates, undefined);
    }));

  test('leaves the gates of others, also one that stands before ours', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const manifest = gatedPod('a');
      manifest.spec?.schedulingGates?.unshift({ name: 'example.com/queue' });
      const ref = refOf(await cluster.createPod(namespace, manifest));
      const { spec } = await cluster.ungatePod(ref);
      assert.deepEqual(
        spec?.schedulingGates?.map((gate) => gate.name),
        ['example.com/queue'],
      );
    }));

  test('twice is the same as once: an attempt whose answer was lost asks again', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(await cluster.createPod(namespace, gatedPod('a')));
      fake.plan('patch', 'lose answer');
      await assert.rejects(cluster.ungatePod(ref), kind('transient'));
      assert.equal((await cluster.ungatePod(ref)).metadata?.uid, ref.uid);
    }));

  test('with another uid is a conflict, and the gate stays', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(await cluster.createPod(namespace, gatedPod('a')));
      await assert.rejects(cluster.ungatePod({ ...ref, uid: 'another' }), kind('conflict'));
      assert.equal(fake.pod('a').spec?.schedulingGates?.length, 1);
    }));

  test('of a pod that is gone is notFound', () =>
    withFake(async (fake) => {
      await assert.rejects(fake.connect().ungatePod({ namespace, name: 'a', uid: 'x' }), kind('notFound'));
    }));
});

suite('deletePod', () => {
  test('with another uid deletes nothing: that pod is gone, this one is a stranger', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = runningPod(fake, 'a');
      assert.equal(await cluster.deletePod({ ...ref, uid: 'another' }), 'gone');
      assert.equal(fake.pod('a').metadata?.deletionTimestamp, undefined);
      await cluster.readPod(namespace, 'a');
      assert.equal(fake.connections, 1, 'the connection is as good as before');
    }));

  test('leaves the grace to the pod, and sends one only when asked', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const [a, b] = [runningPod(fake, 'a'), runningPod(fake, 'b')];
      assert.equal(await cluster.deletePod(a), 'deleting');
      assert.equal(fake.pod('a').metadata?.deletionGracePeriodSeconds, 30);
      assert.equal(await cluster.deletePod(b, 5), 'deleting');
      assert.equal(fake.pod('b').metadata?.deletionGracePeriodSeconds, 5);
    }));

  test('with grace 0, when asked for, removes at once', () =>
    withFake(async (fake) => {
      await fake.connect().deletePod(runningPod(fake, 'a'), 0);
      assert.deepEqual(fake.left(), []);
    }));

  test('of a pod that is not there is gone', () =>
    withFake(async (fake) => assert.equal(await fake.connect().deletePod({ namespace, name: 'a', uid: 'x' }), 'gone')));

  test('whose answer is lost is transient, and gone the next time', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = refOf(await cluster.createPod(namespace, gatedPod('a')));
      fake.plan('delete', 'lose answer');
      await assert.rejects(cluster.deletePod(ref), kind('transient'));
      assert.equal(await cluster.deletePod(ref), 'gone');
    }));

  test('never takes a 409 about something else, or a 404 of a proxy, for gone', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      const ref = runningPod(fake, 'a');
      fake.plan('delete', { answer: 409, message: 'a webhook does not like it' });
      await assert.rejects(cluster.deletePod(ref), kind('transient', /webhook/));
      fake.plan('delete', { answer: 404, body: 'nothing here' });
      await assert.rejects(cluster.deletePod(ref), kind('transient'));
    }));
});

suite('killedPods', () => {
  test('are those of which a kubelet said that it stops a container, by their uids', () =>
    withFake(async (fake) => {
      const killed = runningPod(fake, 'a');
      runningPod(fake, 'b');
      fake.event('a', { reason: 'Killing', message: 'Stopping container base' });
      fake.event('b', { reason: 'Started', message: 'Started container base' });
      assert.deepEqual([...(await fake.connect().killedPods(namespace))], [killed.uid]);
    }));

  test('are asked for once by many at the same time, and anew by who asks later', () =>
    withFake(async (fake) => {
      const cluster = fake.connect();
      await Promise.all([cluster.killedPods(namespace), cluster.killedPods(namespace), cluster.killedPods(namespace)]);
      assert.equal(fake.count('events'), 1);
      const { uid } = runningPod(fake, 'a');
      fake.event('a', { reason: 'Killing', message: 'Stopping container base' });
      assert.ok((await cluster.killedPods(namespace)).has(uid));
      assert.equal(fake.count('events'), 2);
    }));
});

suite('podEvents', () => {
  test('merges equal ones, newest last', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      runningPod(fake, 'b');
      const at = (second: number) => ({ lastTimestamp: new Date(second * 1000) });
      fake.event('a', { reason: 'BackOff', message: 'Back-off pulling', count: 2, type: 'Warning', ...at(30) });
      fake.event('a', { reason: 'Scheduled', message: 'to fake-node', ...at(10) });
      fake.event('a', { reason: 'BackOff', message: 'Back-off pulling', count: 3, type: 'Warning', ...at(20) });
      fake.event('b', { reason: 'Scheduled', message: 'to fake-node', ...at(40) });
      assert.deepEqual(await fake.connect().podEvents(ref), [
        {
          type: 'Normal',
          reason: 'Scheduled',
          message: 'to fake-node',
          count: 1,
          lastSeen: '1970-01-01T00:00:10.000Z',
        },
        {
          type: 'Warning',
          reason: 'BackOff',
          message: 'Back-off pulling',
          count: 5,
          lastSeen: '1970-01-01T00:00:30.000Z',
        },
      ]);
    }));

  test('are all of them, the newest last: any of them may tell that the kubelet stopped a container', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      for (let number = 0; number < 30; number++) {
        fake.event('a', { reason: 'R', message: String(number), lastTimestamp: new Date(number * 1000) });
      }
      const messages = (await fake.connect().podEvents(ref)).map((event) => event.message);
      assert.deepEqual([messages.length, messages[0], messages.at(-1)], [30, '0', '29']);
    }));

  test('that we may not read are an error, and not none', () =>
    withFake(async (fake) => {
      fake.plan('events', { answer: 403 });
      await assert.rejects(fake.connect().podEvents(runningPod(fake, 'a')), { kind: 'forbidden' });
    }));

  test('name the container that they are about', () =>
    withFake(async (fake) => {
      const ref = runningPod(fake, 'a');
      fake.event('a', { reason: 'Killing', message: 'Stopping', container: 'base' });
      fake.event('a', { reason: 'Killing', message: 'Stopping', container: 'proxy' });
      fake.event('a', { reason: 'Killing', message: 'Stopping' });
      const containers = (await fake.connect().podEvents(ref)).map(({ container }) => container);
      assert.deepEqual(containers, ['base', 'proxy', undefined]);
    }));
});

test('after close() every call is refused, and what was under way ends', { timeout: 5000 }, () =>
  withFake(async (fake) => {
    const cluster = fake.connect();
    fake.plan('read', 'hang');
    const hanging = cluster.readPod(namespace, 'a');
    await Promise.all([
      assert.rejects(hanging, kind('transient', /closed/)),
      fake.until(() => fake.count('read') === 1).then(() => cluster.close()),
    ]);
    await assert.rejects(cluster.readPod(namespace, 'a'), kind('transient', /closed/));
  }),
);

test('a cluster that was closed leaves no connection open, not even an idle one', () =>
  withFake(async (fake) => {
    const cluster = fake.connect();
    await Promise.all(Array.from({ length: 3 }, () => cluster.readPod(namespace, 'a')));
    assert.equal(await fake.openConnections(), 3);
    cluster.close();
    await fake.until(() => fake.closedConnections === 3);
    assert.equal(await fake.openConnections(), 0);
  }));

suite('a verb that is given an unsafe name', () => {
  const good = { namespace, name: 'a', uid: 'u-1' };
  type Call = (cluster: Cluster, ref: PodRef) => Promise<unknown>;
  const pod = ({ name }: PodRef) => gatedPod(name);
  const verbs: Record<string, Call> = {
    createPod: (cluster, ref) => cluster.createPod(ref.namespace, pod(ref)),
    readPod: (cluster, ref) => cluster.readPod(ref.namespace, ref.name),
    listPods: (cluster, ref) => cluster.listPods(ref.namespace, 'a=b'),
    watchPods: (cluster, ref) =>
      cluster
        .watchPods(ref.namespace, { labelSelector: '', resourceVersion: '1', signal: never })
        [Symbol.asyncIterator]()
        .next(),
    ungatePod: (cluster, ref) => cluster.ungatePod(ref),
    annotatePod: (cluster, ref) => cluster.annotatePod(ref, { a: 'b' }),
    deletePod: (cluster, ref) => cluster.deletePod(ref),
    openLog: (cluster, ref) => cluster.openLog(ref, 'base', { follow: false, signal: never }),
    podEvents: (cluster, ref) => cluster.podEvents(ref),
  };
  const takesName = (verb: string) => verb !== 'listPods' && verb !== 'watchPods';
  const takesUid = (verb: string) => takesName(verb) && verb !== 'createPod' && verb !== 'readPod';
  const unsafe = ['', '.', '..', 'a/b', '../pods', 'a?b', 'a#', 'A', 'a b', 'a%2fb', '-a', 'a'.repeat(300), undefined];

  for (const [verb, call] of Object.entries(verbs))
    test(`${verb} sends nothing, and says which word it is`, () =>
      withFake(async (fake) => {
        const cluster = fake.connect();
        for (const bad of unsafe) {
          const refused = (part: Partial<Record<keyof PodRef, unknown>>, words: RegExp) =>
            assert.rejects(async () => call(cluster, { ...good, ...part } as PodRef), kind('invalid', words));
          await refused({ namespace: bad }, /no name of a namespace/);
          if (takesName(verb)) await refused({ name: bad }, /no name of a pod/);
          if (takesUid(verb) && bad !== 'A' && bad !== '-a') await refused({ uid: bad }, /no uid/);
        }
        assert.deepEqual(fake.requests, []);
      }));

  test('takes the names that Kubernetes takes', () =>
    withFake(async (fake) => {
      await fake.connect().readPod('team-1', 'orders.daily-0a1b');
      assert.equal(fake.count('read'), 1);
    }));
});
