import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { clusterId, connectCluster } from '../../src/kubernetes/connect.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | object) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const config = (...names: string[]) => ({
  clusters: names.map((name) => ({ name, cluster: { server: `https://${name}:6443` } })),
  users: names.map((name) => ({ name, user: { token: 'a-secret' } })),
  contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
  'current-context': names[0],
});

/** Runs with these environment variables, which nothing else in this process changes. */
function withEnvironment<T>(variables: Record<string, string | undefined>, work: () => T): T {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  const set = (values: typeof variables) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
  try {
    set(variables);
    return work();
  } finally {
    set(before);
  }
}

suite('connectCluster', () => {
  const two = file('two.yaml', config('staging', 'production'));

  test('takes the context that was named, whatever is current', () => {
    assert.equal(connectCluster({ kubeconfig: two, context: 'production' }).server, 'https://production:6443');
  });
  test('refuses an unknown context and lists those there are', () => {
    assert.throws(
      () => connectCluster({ kubeconfig: two, context: 'prod' }),
      /no context 'prod' in .*two\.yaml\. It has: production, staging\./,
    );
  });
  test('names a file that is not there', () => {
    assert.throws(
      () => connectCluster({ kubeconfig: join(folder, 'absent'), context: 'x' }),
      /there is no kubeconfig .*absent/,
    );
  });
  test('names a file that is no kubeconfig, and quotes nothing of it', () => {
    const bad = file('bad.yaml', 'users:\n- name: x\n  user: {token: a-secret\n]');
    assert.throws(
      () => connectCluster({ kubeconfig: bad, context: 'x' }),
      (error: Error) => /bad\.yaml is no kubeconfig: /.test(error.message) && !/a-secret/.test(error.message),
    );
  });
  test('says of an empty file that it has no contexts', () => {
    for (const content of ['', '{}', '# nothing yet\n']) {
      assert.throws(() => connectCluster({ kubeconfig: file('empty.yaml', content), context: 'x' }), /empty\.yaml/);
    }
  });
  test('refuses a context whose cluster or user is not there, and a server without encryption', () => {
    const broken = { ...config('a'), users: [] };
    assert.throws(
      () => connectCluster({ kubeconfig: file('no-user', broken), context: 'a' }),
      /user 'a', which is not there/,
    );
    const other = { ...config('a'), clusters: [] };
    assert.throws(
      () => connectCluster({ kubeconfig: file('no-cluster', other), context: 'a' }),
      /cluster 'a', which is not there/,
    );
    const plain = { ...config('a'), clusters: [{ name: 'a', cluster: { server: 'http://a' } }] };
    assert.throws(() => connectCluster({ kubeconfig: file('plain', plain), context: 'a' }), /not encrypted/);
  });
  test('reads the files of KUBECONFIG together, the first one wins, and those that are not there do not matter', () => {
    const other = config('production', 'test');
    for (const { cluster } of other.clusters) cluster.server += '/other';
    const KUBECONFIG = [join(folder, 'absent'), two, file('other.yaml', other)].join(delimiter);
    withEnvironment({ KUBECONFIG }, () => {
      assert.equal(connectCluster({ context: 'production' }).server, 'https://production:6443');
      assert.equal(connectCluster({ context: 'test' }).server, 'https://test:6443/other');
    });
  });
  test('without any file says where it looked, and falls back to nothing', () => {
    withEnvironment({ KUBECONFIG: undefined, HOME: folder }, () =>
      assert.throws(() => connectCluster({ context: 'x' }), /no kubeconfig: there is no .*\.kube/),
    );
  });
  test('in-cluster outside of a cluster says so', () => {
    withEnvironment({ KUBERNETES_SERVICE_HOST: undefined }, () =>
      assert.throws(() => connectCluster({ context: 'in-cluster' }), /does not run in a pod/),
    );
  });
});

suite('the id of a cluster', () => {
  const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
  const data = (text: string) => Buffer.from(text).toString('base64');
  const id = (server: string, ca?: string) =>
    clusterId({ name: 'c', server, skipTLSVerify: false, ...(ca && { caData: data(ca) }) });

  test('is that of its CA, by whatever address it is reached and however the file is wrapped', () => {
    assert.equal(id('https://a:6443', pem('QUJD')), id('https://10.0.0.1', `\r\n# our CA\r\n${pem('QU\nJD')}\n`));
    assert.match(id('https://a', pem('QUJD')), /^[0-9a-f]{16}$/);
  });
  test('differs with the CA', () => assert.notEqual(id('https://a', pem('QUJD')), id('https://a', pem('QUJE'))));
  test('differs with the path: many clusters behind one proxy share a CA', () =>
    assert.notEqual(id('https://a/k8s/clusters/1', pem('QUJD')), id('https://a/k8s/clusters/2', pem('QUJD'))));
  test('is that of the server when there is no CA', () => {
    assert.notEqual(id('https://a'), id('https://b'));
    assert.equal(id('https://a'), id('https://a'));
  });
  test('reads a file as it reads data', () => {
    const caFile = file('ca.crt', pem('QUJD'));
    assert.equal(
      clusterId({ name: 'c', server: 'https://a', skipTLSVerify: false, caFile }),
      id('https://a', pem('QUJD')),
    );
  });
});
