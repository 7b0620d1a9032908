import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { connectCluster } from '../../src/kubernetes/connect.ts';
import type { FakeCluster } from '../support/fake-cluster.ts';
import { kind, namespace, never, withFake } from './pods.ts';

const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Connects as this user of a kubeconfig. */
async function as(fake: FakeCluster, user: object, work: (cluster: Cluster) => Promise<void>): Promise<void> {
  const kubeconfig = file('kubeconfig.yaml');
  const config = {
    clusters: [{ name: 'c', cluster: { server: fake.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const cluster = connectCluster({ kubeconfig, context: 'x' });
  try {
    await work(cluster);
  } finally {
    cluster.close();
  }
}

/** A credential plugin that runs this script of a shell. */
const plugin = (script: string, more: object = {}) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], ...more },
});

/** The script of one that notes each call, and answers with the token of the file `token`. */
const FROM_FILE =
  `echo called >> ${file('calls')}; ` +
  `printf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$(cat ${file('token')})"`;

const calls = () => readFileSync(file('calls'), 'utf8').split('\n').length - 1;
const setToken = (token: string) => writeFileSync(file('token'), token);
const reset = () => {
  rmSync(file('calls'), { force: true });
};
const who = (fake: FakeCluster) => fake.requests.map(({ authorization }) => authorization);

suite('a credential plugin', { timeout: 20_000 }, () => {
  test('is asked once, by however many requests at once', () =>
    withFake(async (fake) => {
      reset();
      setToken('one');
      fake.token = 'one';
      await as(fake, plugin(FROM_FILE), async (cluster) => {
        await Promise.all(Array.from({ length: 5 }, () => cluster.readPod(namespace, 'a')));
      });
      assert.deepEqual([fake.count('read'), calls()], [5, 1]);
    }));

  test('is asked again when its token is refused, once for all, and nobody hears of the refusal', () =>
    withFake(async (fake) => {
      reset();
      setToken('one');
      fake.token = 'one';
      await as(fake, plugin(FROM_FILE), async (cluster) => {
        await cluster.readPod(namespace, 'a');
        await cluster.listPods(namespace, '');
        setToken('two');
        fake.token = 'two';
        await Promise.all(Array.from({ length: 5 }, () => cluster.readPod(namespace, 'a')));
      });
      assert.equal(calls(), 2);
    }));

  test('is asked again for a watch and a log too', () =>
    withFake(async (fake) => {
      reset();
      setToken('one');
      fake.token = 'one';
      await as(fake, plugin(FROM_FILE), async (cluster) => {
        const { resourceVersion } = await cluster.listPods(namespace, '');
        setToken('two');
        fake.token = 'two';
        const watch = cluster.watchPods(namespace, { labelSelector: '', resourceVersion, signal: never });
        const next = watch[Symbol.asyncIterator]().next();
        next.catch(() => undefined);
        await fake.until(() => fake.open('watch') === 1 || fake.count('watch') > 5);
      });
      assert.equal(calls(), 2);
    }));

  test('whose new token is refused as well is not asked for each request', () =>
    withFake(async (fake) => {
      reset();
      setToken('one');
      fake.token = 'another';
      await as(fake, plugin(FROM_FILE), async (cluster) => {
        for (let n = 0; n < 5; n++) await assert.rejects(cluster.readPod(namespace, 'a'), kind('unauthorized'));
      });
      assert.ok(calls() <= 2, `${calls()} calls`);
    }));

  test('is asked again when what it gave has expired', () =>
    withFake(async (fake) => {
      reset();
      const expired = '{"status":{"token":"one","expirationTimestamp":"2020-01-01T00:00:00Z"}}';
      const script = `echo called >> ${file('calls')}; printf '${expired}'`;
      await as(fake, plugin(script), async (cluster) => {
        for (let n = 0; n < 5; n++) await cluster.readPod(namespace, 'a');
      });
      assert.equal(calls(), 2, 'not for each request, though: its clock may be wrong');
    }));

  test('is told in which version it is to answer, and for which cluster', () =>
    withFake(async (fake) => {
      const script = `printf '%s' "$KUBERNETES_EXEC_INFO $EXTRA" > ${file('info')}; printf '{"status":{"token":"t"}}'`;
      const more = { provideClusterInfo: true, env: [{ name: 'EXTRA', value: 'here' }] };
      await as(fake, plugin(script, more), async (cluster) => void (await cluster.readPod(namespace, 'a')));
      const [info = '', extra] = readFileSync(file('info'), 'utf8').split(' ');
      const { apiVersion, spec } = JSON.parse(info) as { apiVersion: string; spec: object };
      assert.equal(apiVersion, 'client.authentication.k8s.io/v1');
      assert.deepEqual(spec, { interactive: false, cluster: { server: fake.url, 'insecure-skip-tls-verify': true } });
      assert.equal(extra, 'here');
    }));

  test('is found from the folder of its kubeconfig, as kubectl does', () =>
    withFake(async (fake) => {
      writeFileSync(file('plugin.sh'), `#!/bin/sh\nprintf '{"status":{"token":"t"}}'\n`, { mode: 0o755 });
      const user = { exec: { command: './plugin.sh' } };
      await as(fake, user, async (cluster) => void (await cluster.readPod(namespace, 'a')));
      assert.deepEqual(who(fake), ['Bearer t']);
    }));

  const broken: [law: string, script: string, words: RegExp, more?: object][] = [
    ['fails', 'echo "no network" >&2; exit 3', /credential plugin 'sh' of user 'u' failed \(exit code 3\)/],
    ['answers nonsense', 'echo hello', /credential plugin 'sh' of user 'u' printed no credentials/],
    ['answers without a status', 'echo "{}"', /credential plugin 'sh' of user 'u' printed no credentials/],
    [
      'is not there',
      '',
      /credential plugin '\/absent\/plugin' of user 'u' failed \(ENOENT; install it so\)/,
      { command: '/absent/plugin', installHint: 'install it so' },
    ],
  ];
  for (const [law, script, words, more] of broken)
    test(`that ${law} is named, and may be asked again: this passes`, () =>
      withFake(async (fake) => {
        await as(fake, plugin(script, more), (cluster) =>
          assert.rejects(cluster.readPod(namespace, 'a'), kind('transient', words)),
        );
        assert.equal(fake.requests.length, 0);
      }));
});

suite('the tokenFile of a user', { timeout: 20_000 }, () => {
  test('is read, though a token stands beside it', () =>
    withFake(async (fake) => {
      setToken('from-file\n');
      const user = { token: 'stale', tokenFile: file('token') };
      await as(fake, user, async (cluster) => void (await cluster.readPod(namespace, 'a')));
      assert.deepEqual(who(fake), ['Bearer from-file']);
    }));

  test('is found from the folder of its kubeconfig, as kubectl does', () =>
    withFake(async (fake) => {
      setToken('beside');
      await as(fake, { tokenFile: 'token' }, async (cluster) => void (await cluster.readPod(namespace, 'a')));
      assert.deepEqual(who(fake), ['Bearer beside']);
    }));

  test('is read again when its token is refused: such tokens rotate', () =>
    withFake(async (fake) => {
      setToken('one');
      fake.token = 'one';
      await as(fake, { tokenFile: file('token') }, async (cluster) => {
        await cluster.readPod(namespace, 'a');
        setToken('two');
        fake.token = 'two';
        await cluster.readPod(namespace, 'a');
      });
      assert.deepEqual(who(fake), ['Bearer one', 'Bearer one', 'Bearer two']);
    }));

  test('is read again in time, without a refusal', (t) =>
    withFake(async (fake) => {
      setToken('one');
      await as(fake, { tokenFile: file('token') }, async (cluster) => {
        await cluster.readPod(namespace, 'a');
        setToken('two');
        t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
        await cluster.readPod(namespace, 'a');
      });
      assert.deepEqual(who(fake), ['Bearer one', 'Bearer two']);
    }));

  test('that is not there is named', () =>
    withFake((fake) =>
      as(fake, { tokenFile: '/absent/token' }, (cluster) =>
        assert.rejects(cluster.readPod(namespace, 'a'), kind('transient', /\/absent\/token/)),
      ),
    ));
});

test('a plain token is sent as it is, and its refusal is told', () =>
  withFake(async (fake) => {
    fake.token = 'right';
    await as(fake, { token: 'wrong' }, (cluster) =>
      assert.rejects(cluster.readPod(namespace, 'a'), kind('unauthorized')),
    );
    assert.deepEqual(who(fake), ['Bearer wrong']);
  }));
