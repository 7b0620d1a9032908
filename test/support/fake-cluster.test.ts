import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gatedPod, namespace, never, refOf, withFake } from '../kubernetes/pods.ts';
import { startFakeCluster } from './fake-cluster.ts';

suite('the fake cluster', { timeout: 10_000 }, () => {
  test('runs the script of a pod when its gate is taken away, and not before', () =>
    withFake(async (fake) => {
      fake.script((pod) => {
        pod.run();
        pod.print('hello');
        pod.finish({ exitCode: 0, message: '42' });
      });
      const cluster = fake.connect();
      const ref = refOf(await cluster.createPod(namespace, gatedPod('a')));
      assert.deepEqual(fake.ran, []);
      await cluster.ungatePod(ref);
      await fake.until(() => fake.pod('a').status?.phase === 'Succeeded');
      assert.deepEqual(fake.ran, [ref.uid]);
      let log = '';
      for await (const chunk of await cluster.openLog(ref, 'base', { follow: true, signal: never }))
        log += chunk.toString();
      assert.match(log, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z hello\n$/);
    }));

  test('ends a running pod with 143 when it is deleted, unless its script does something else', () =>
    withFake(async (fake) => {
      fake.script(async (pod) => {
        pod.run();
        if (pod.name !== 'polite') return;
        await pod.terminating;
        pod.finish({ exitCode: 0 });
      });
      const cluster = fake.connect();
      for (const [name, code] of [
        ['rude', 143],
        ['polite', 0],
      ] as const) {
        const ref = refOf(await cluster.createPod(namespace, gatedPod(name)));
        await cluster.ungatePod(ref);
        await fake.until(() => fake.ran.includes(ref.uid));
        const pod = fake.pod(name);
        assert.equal(await cluster.deletePod(ref), 'deleting');
        await fake.until(() => !fake.left().includes(name));
        assert.equal(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, code);
      }
    }));

  test('holds a request back until it is told: then the pod comes into being', () =>
    withFake(async (fake) => {
      let arrive: () => void = () => undefined;
      fake.plan('create', { doAfter: new Promise<void>((resolve) => (arrive = resolve)) });
      const creating = fake.connect({ create: 20 }).createPod(namespace, gatedPod('a'));
      await assert.rejects(creating, /no answer within/);
      assert.deepEqual(fake.left(), []);
      arrive();
      await fake.until(() => fake.left().includes('a'));
    }));

  test('refuses to run a gated pod', () =>
    withFake(async (fake) => {
      fake.pods.create(namespace, gatedPod('a'));
      assert.throws(() => fake.run('a'), /gated/);
    }));

  test('serves what a rotation left', () =>
    withFake(async (fake) => {
      const ref = refOf(
        fake.pods.create(namespace, { metadata: { name: 'a' }, spec: { containers: [{ name: 'base' }] } }),
      );
      fake.run('a');
      for (const line of ['one', 'two', 'three']) fake.print('a', 'base', line);
      fake.rotate('a', 'base', 2);
      let log = '';
      const options = { follow: false, signal: never };
      for await (const chunk of await fake.connect().openLog(ref, 'base', options)) log += chunk.toString();
      assert.match(log, /^\S+ three\n$/);
    }));

  test('fails to close when a script failed', async () => {
    const fake = await startFakeCluster();
    fake.script(() => {
      throw new Error('a bug in the test');
    });
    fake.pods.create(namespace, { metadata: { name: 'a' }, spec: { containers: [{ name: 'base' }] } });
    await fake.until(() => fake.left().length === 1);
    await assert.rejects(fake.close(), /a script of the fake cluster failed/);
  });
});
