/** etcd, API server, controller manager and scheduler: all on loopback, none answers a caller without credentials. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate, Certificates } from './certificates.ts';
import { kubeApi } from './kube-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Place } from './place.ts';
import { find, running, startDetached } from './processes.ts';
import { untilReady } from './ready.ts';
import type { State } from './state.ts';

/** In the order in which they start. */
export const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

type Ports = NonNullable<State['kubernetes']>['ports'];

export const apiUrl = (ports: Ports): string => `https://127.0.0.1:${ports.api}`;
export const adminKubeconfig = (place: Place): string => join(place.run, 'kubeconfig');
export const workerKubeconfig = (place: Place): string => join(place.run, 'worker.kubeconfig');

/** Services get addresses that nothing routes to (there is no kube-proxy); the range only has to be a valid one. */
const SERVICE_RANGE = '10.96.0.0/24';
const SERVICE_ADDRESS = '10.96.0.1';

const etcdFlags = (directory: string, ports: Ports, ca: string, { cert, key }: Certificate): string[] => {
  const [client, peer] = [`https://127.0.0.1:${ports.etcd}`, `https://127.0.0.1:${ports.etcdPeer}`];
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    ...['', 'peer-'].flatMap((prefix) => [
      `--${prefix}client-cert-auth`,
      `--${prefix}trusted-ca-file=${ca}`,
      `--${prefix}cert-file=${cert}`,
      `--${prefix}key-file=${key}`,
    ]),
    '--unsafe-no-fsync', // the cluster is thrown away: there is nothing to save from a power cut
    '--log-level=warn',
  ];
};

const apiServerFlags = (ports: Ports, c: Certificates): string[] => [
  '--bind-address=127.0.0.1',
  `--secure-port=${ports.api}`,
  `--tls-cert-file=${c.apiServer.cert}`,
  `--tls-private-key-file=${c.apiServer.key}`,
  `--client-ca-file=${c.ca.cert}`,
  '--anonymous-auth=false',
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction',
  '--allow-privileged=true',
  '--profiling=false',
  `--etcd-servers=https://127.0.0.1:${ports.etcd}`,
  `--etcd-cafile=${c.etcdCa.cert}`,
  `--etcd-certfile=${c.etcdClient.cert}`,
  `--etcd-keyfile=${c.etcdClient.key}`,
  `--kubelet-certificate-authority=${c.ca.cert}`,
  `--kubelet-client-certificate=${c.apiServerToKubelet.cert}`,
  `--kubelet-client-key=${c.apiServerToKubelet.key}`,
  '--kubelet-preferred-address-types=Hostname', // the node's name leads to its loopback address
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${c.serviceAccountKey}`,
  `--service-account-signing-key-file=${c.serviceAccountKey}`,
  `--service-cluster-ip-range=${SERVICE_RANGE}`,
  // Left alone, it would look for a default route, and not start on a machine without network.
  `--advertise-address=${SERVICE_ADDRESS}`,
  '--endpoint-reconciler-type=none',
];

const managerFlags = (kubeconfig: string, port: number): string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--authentication-kubeconfig=${kubeconfig}`,
  `--authorization-kubeconfig=${kubeconfig}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--leader-elect=false',
  '--profiling=false',
];

/** Starts what does not run, and waits until the API server is ready for its administrator. */
export async function ensureControlPlane(place: Place, binaries: string, ports: Ports, c: Certificates): Promise<void> {
  const directory = join(place.run, 'kubernetes');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const before = running(place);
  const start = (program: (typeof CONTROL_PLANE)[number], flags: string[]): void => {
    if (find(before, program, program) === undefined)
      startDetached(place, program, [join(binaries, program), ...flags]);
  };
  const config = (name: string, user: string, certificate: Certificate): string => {
    const path = name.startsWith('/') ? name : join(directory, name);
    writeKubeconfig(path, apiUrl(ports), c.ca.cert, user, certificate);
    return path;
  };
  const admin = config(adminKubeconfig(place), 'temporal-pods-admin', c.admin);
  config(workerKubeconfig(place), 'temporal-pods-worker', c.worker);
  const manager = config('controller-manager.kubeconfig', 'controller-manager', c.controllerManager);
  const scheduler = config('scheduler.kubeconfig', 'scheduler', c.scheduler);

  start('etcd', etcdFlags(directory, ports, c.etcdCa.cert, c.etcd));
  start('kube-apiserver', apiServerFlags(ports, c));
  const api = kubeApi(admin);
  await untilReady(place, 'kube-apiserver', 'kube-apiserver', async () => (await api('GET', '/readyz')).status === 200);
  start('kube-controller-manager', [
    ...managerFlags(manager, ports.controllerManager),
    `--root-ca-file=${c.ca.cert}`,
    `--service-account-private-key-file=${c.serviceAccountKey}`,
    '--use-service-account-credentials',
  ]);
  start('kube-scheduler', managerFlags(scheduler, ports.scheduler));
}
