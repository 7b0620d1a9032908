/**
 * A Kubernetes cluster of our own. It is thrown away by `down` and made anew by `up`: certificates, store and nodes take seconds to make,
 * and nothing of an earlier run can be in the way. While it runs, `up` only starts again what has died.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { acceptsPods, grantAccess } from './access.ts';
import { binaryDirectory } from './build.ts';
import { cgroups, removeCgroup } from './cgroups.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import { adminKubeconfig, apiUrl, ensureControlPlane, workerKubeconfig } from './control-plane.ts';
import { readJson, writeJson } from './files.ts';
import { ensureImages, IMAGES } from './images.ts';
import { kubeApi, readyNodes } from './kube-api.ts';
import { CONTEXT, NAMESPACE } from './kubeconfig.ts';
import { kubernetesModule } from './modules.ts';
import { chooseSubnet, hasDefaultRoute, nodeName, routes } from './network.ts';
import { ensureKubelet, ensureRuntime } from './node.ts';
import type { Place } from './place.ts';
import { choosePort, portNotes } from './ports.ts';
import { running, until } from './processes.ts';
import type { Say } from './progress.ts';
import { Problem } from '../src/common/problem.ts';
import type { Stack } from './stack.ts';
import { isTemporal } from './temporal.ts';
import { together } from './together.ts';
import { readState, updateState, type NodeState, type State } from './state.ts';

type Chosen = NonNullable<State['kubernetes']>;

const PORTS = { api: 6443, etcd: 2379, etcdPeer: 2380, controllerManager: 10257, scheduler: 10259 };
const PORT_NAMES = { 'the Kubernetes API': PORTS.api };

export const isKubernetes = (part: string): boolean => !isTemporal(part);

async function choosePorts(say: Say): Promise<Chosen['ports']> {
  const promised = new Set<number>();
  const ports = { ...PORTS };
  for (const name of Object.keys(PORTS) as (keyof typeof PORTS)[])
    ports[name] = await choosePort(PORTS[name], promised);
  portNotes(PORT_NAMES, { 'the Kubernetes API': ports.api }).forEach((note) => say(note));
  return ports;
}

async function addNodes(id: string, have: readonly NodeState[], wanted: number): Promise<NodeState[]> {
  const [taken, online] = [await routes(), hasDefaultRoute()];
  const nodes = [...have];
  for (let number = have.length + 1; number <= wanted; number++) {
    const named = nodeName(number, online);
    const port = await choosePort(10_250, new Set(), { host: named.address });
    nodes.push({ number, ...named, subnet: chooseSubnet(id, number, taken), port });
  }
  return nodes;
}

/** What was chosen when this cluster began; or, when nothing of it runs any more, a clean start. */
async function choose(place: Place, wanted: number, say: Say): Promise<Chosen> {
  const before = readState(place).kubernetes;
  const alive = running(place).some(({ part }) => isKubernetes(part));
  if (before !== undefined && alive) return { ...before, nodes: await addNodes(place.id, before.nodes, wanted) };
  const leftFromACrash = ['kubernetes', 'node-1', 'node-2'];
  for (const name of leftFromACrash) rmSync(join(place.run, name), { recursive: true, force: true });
  cgroups(place).forEach(removeCgroup);
  return { ports: await choosePorts(say), nodes: await addNodes(place.id, [], wanted) };
}

async function certificates(place: Place): Promise<Certificates> {
  const index = join(place.run, 'kubernetes/certificates.json');
  const made = existsSync(index) ? readJson<Certificates>(index) : undefined;
  if (made !== undefined) return made;
  const fresh = await makeCertificates(join(place.run, 'kubernetes/pki'));
  writeJson(index, fresh);
  return fresh;
}

export async function ensureCluster(
  place: Place,
  wanted: number,
  say: Say,
): Promise<Pick<Stack, 'kubernetes' | 'images'>> {
  const binaries = binaryDirectory(place, kubernetesModule);
  const chosen = await choose(place, wanted, say);
  const { ports, nodes } = chosen;
  updateState(place, { kubernetes: chosen });
  const c = await certificates(place);
  const archive = ensureImages(place, say);
  await together([
    ensureControlPlane(place, binaries, ports, c),
    ...nodes.map((node) => ensureRuntime(place, node, archive)),
    archive,
  ]);
  for (const node of nodes) await ensureKubelet(place, node, binaries, apiUrl(ports), c);
  const api = kubeApi(adminKubeconfig(place));
  await grantAccess(api);
  const usable = async (): Promise<boolean> => {
    const ready = await readyNodes(api);
    return nodes.every(({ name }) => ready.includes(name)) && (await acceptsPods(api));
  };
  if (!(await until(() => usable().catch(() => false), 60_000, 100))) {
    throw new Problem(`the nodes are not ready after a minute; see the logs in ${place.logs}`);
  }
  return {
    kubernetes: {
      kubeconfig: adminKubeconfig(place),
      workerKubeconfig: workerKubeconfig(place),
      context: CONTEXT,
      namespace: NAMESPACE,
      nodes: nodes.map(({ name }) => name),
      kubectl: join(binaries, 'kubectl'),
    },
    images: IMAGES,
  };
}
