/**
 * Who may speak to whom. Two authorities on purpose: etcd has its own, so that no certificate of the cluster, not even a
 * worker's, opens the store behind the API server's back. Made anew for each cluster, since a cluster is thrown away.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

export type Certificate = { cert: string; key: string };

export type Certificates = {
  ca: Certificate;
  etcdCa: Certificate;
  etcd: Certificate;
  etcdClient: Certificate;
  apiServer: Certificate;
  apiServerToKubelet: Certificate;
  controllerManager: Certificate;
  scheduler: Certificate;
  admin: Certificate;
  worker: Certificate;
  serviceAccountKey: string;
};

const CONFIG = '[req]\ndistinguished_name = dn\n[dn]\n';

const pair = (directory: string, name: string): Certificate => ({
  cert: join(directory, `${name}.crt`),
  key: join(directory, `${name}.key`),
});

type Subject = { name: string; subject: string; hosts?: readonly string[] };

async function openssl(directory: string, to: Certificate, subject: string, rest: readonly string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const files = ['-config', join(directory, 'openssl.cnf'), '-keyout', to.key, '-out', to.cert];
  await run('openssl', ['req', '-x509', ...key, '-days', '3650', '-subj', subject, ...files, ...rest]);
}

async function authority(directory: string, name: string): Promise<Certificate> {
  const made = pair(directory, name);
  const use = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,digitalSignature',
  ];
  await openssl(directory, made, `/CN=temporal-pods ${name}`, use);
  return made;
}

async function signed(
  directory: string,
  by: Certificate,
  { name, subject, hosts = [] }: Subject,
): Promise<Certificate> {
  const made = pair(directory, name);
  const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);
  const names = hosts.map((host) => `${isAddress(host) ? 'IP' : 'DNS'}:${host}`).join(',');
  const use = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=clientAuth,serverAuth'];
  const alternatives = names === '' ? [] : ['-addext', `subjectAltName=${names}`];
  await openssl(directory, made, subject, ['-CA', by.cert, '-CAkey', by.key, ...use, ...alternatives]);
  return made;
}

export async function makeCertificates(directory: string): Promise<Certificates> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'openssl.cnf'), CONFIG);
  const [ca, etcdCa] = await Promise.all([authority(directory, 'ca'), authority(directory, 'etcd-ca')]);
  const client = (name: string, subject: string): Promise<Certificate> => signed(directory, ca, { name, subject });
  const apiHosts = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    '127.0.0.1',
    '10.96.0.1',
  ];
  const [etcd, etcdClient, apiServer, apiServerToKubelet, controllerManager, scheduler, admin, worker] =
    await Promise.all([
      signed(directory, etcdCa, { name: 'etcd', subject: '/CN=etcd', hosts: ['localhost', '127.0.0.1'] }),
      signed(directory, etcdCa, { name: 'etcd-client', subject: '/CN=kube-apiserver' }),
      signed(directory, ca, { name: 'api-server', subject: '/CN=kube-apiserver', hosts: apiHosts }),
      client('api-server-to-kubelet', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
      client('controller-manager', '/CN=system:kube-controller-manager'),
      client('scheduler', '/CN=system:kube-scheduler'),
      client('admin', '/O=system:masters/CN=temporal-pods-admin'),
      client('worker', '/CN=temporal-pods-worker'),
    ]);
  const serviceAccountKey = join(directory, 'service-account.key');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(serviceAccountKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return {
    ...{ ca, etcdCa, etcd, etcdClient, apiServer, apiServerToKubelet, controllerManager, scheduler, admin, worker },
    serviceAccountKey,
  };
}

/** A kubelet is client and server with one name: the node's. */
export const nodeCertificate = (
  directory: string,
  ca: Certificate,
  node: string,
  address: string,
): Promise<Certificate> =>
  signed(directory, ca, {
    name: `node-${node}`,
    subject: `/O=system:nodes/CN=system:node:${node}`,
    hosts: [...new Set([node, address])],
  });
