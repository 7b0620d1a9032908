/** One node: a namespace of its own with containerd and a kubelet in it. */
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCertificate, type Certificates } from './certificates.ts';
import { cgroupOf, makeCgroup } from './cgroups.ts';
import { writeJson } from './files.ts';
import { speakTo } from './kube-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { ensureNamespace, startInside } from './namespace.ts';
import { cniConfig, containerdConfig, kubeletConfig, type NodeFiles } from './node-config.ts';
import { CNI_DIRECTORIES, locate } from './packages.ts';
import type { Place } from './place.ts';
import { find, running } from './processes.ts';
import { untilReady } from './ready.ts';
import { run } from './run.ts';
import type { NodeState } from './state.ts';

const OVERLAYFS = 0x794c7630;

export const nodePart = (node: NodeState): string => `node-${node.number}`;

/** Every part that a node needs, as `status` looks for them. */
export const nodeParts = (node: NodeState): string[] => [
  nodePart(node),
  part(node, 'containerd'),
  part(node, 'kubelet'),
];
const part = (node: NodeState, program: string): string => `${program}-${node.number}`;

function files(place: Place, node: NodeState): NodeFiles {
  const directory = join(place.run, nodePart(node));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ptp = locate('ptp', CNI_DIRECTORIES) ?? '/usr/lib/cni/ptp';
  return {
    directory,
    socket: join(directory, 'containerd.sock'),
    cni: join(directory, 'cni'),
    // Overlays do not nest: inside a container whose own root is one, files are copied instead.
    snapshotter: statfsSync(directory).type === OVERLAYFS ? 'native' : 'overlayfs',
    cniPlugins: join(ptp, '..'),
    cgroup: cgroupOf(place, node.number),
  };
}

const runs = (place: Place, node: NodeState, program: string): boolean =>
  find(running(place), part(node, program), program) !== undefined;

/** Namespace, cgroup and containerd, with the images in it: all that needs no API server. */
export async function ensureRuntime(place: Place, node: NodeState, archive: Promise<string>): Promise<void> {
  const its = files(place, node);
  makeCgroup(its.cgroup);
  const holder = await ensureNamespace(place, nodePart(node));
  if (!runs(place, node, 'containerd')) {
    mkdirSync(its.cni, { recursive: true });
    writeJson(join(its.cni, 'pods.conflist'), cniConfig(its.cgroup, node, its.directory));
    const config = join(its.directory, 'containerd.toml');
    writeFileSync(config, containerdConfig(its));
    const containerd = locate('containerd') ?? 'containerd';
    await startInside(place, holder, part(node, 'containerd'), [containerd, '--config', config]);
  }
  await importImages(place, node, its, archive);
}

/** Once for each node; the note that it was done is written last, so that an interrupted import is done again. */
async function importImages(place: Place, node: NodeState, its: NodeFiles, archive: Promise<string>): Promise<void> {
  const done = join(its.directory, 'images-imported');
  const ctr = (...args: string[]): Promise<string> => run('ctr', ['--address', its.socket, '-n', 'k8s.io', ...args]);
  const answers = async (): Promise<boolean> => existsSync(its.socket) && (await ctr('version')) !== '';
  await untilReady(place, part(node, 'containerd'), 'containerd', answers);
  if (existsSync(done)) return;
  await ctr('images', 'import', '--snapshotter', its.snapshotter, await archive);
  writeFileSync(done, '');
}

export async function ensureKubelet(
  place: Place,
  node: NodeState,
  binaries: string,
  server: string,
  c: Certificates,
): Promise<void> {
  if (runs(place, node, 'kubelet')) return;
  const its = files(place, node);
  const certificate = await nodeCertificate(join(place.run, 'kubernetes/pki'), c.ca, node.name, node.address);
  const kubeconfig = join(its.directory, 'kubelet.kubeconfig');
  writeKubeconfig(kubeconfig, server, c.ca.cert, `system:node:${node.name}`, certificate);
  const config = join(its.directory, 'kubelet.json');
  writeJson(config, kubeletConfig(node, its, c.ca.cert, certificate));
  const holder = await ensureNamespace(place, nodePart(node));
  await startInside(place, holder, part(node, 'kubelet'), [
    join(binaries, 'kubelet'),
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--root-dir=${join(its.directory, 'kubelet')}`,
    `--cert-dir=${join(its.directory, 'pki')}`,
  ]);
  // Asked directly: the node's Ready condition may be one from before a crash.
  await untilReady(place, part(node, 'kubelet'), 'kubelet', () => answers(node, c));
}

async function answers(
  { address, port }: NodeState,
  { ca, apiServerToKubelet: { cert, key } }: Certificates,
): Promise<boolean> {
  const tls = { ca: readFileSync(ca.cert), cert: readFileSync(cert), key: readFileSync(key) };
  const { status } = await speakTo(`https://${address}:${port}`, tls)('GET', '/healthz');
  return status === 200;
}
