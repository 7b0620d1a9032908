/** Stand-in pods by KWOK: thousands of them on the same API server, on a node that does not exist. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PodSpec } from '../src/contract/index.ts';
import { Kube } from '../test/chaos/kube.ts';
import { runToItsEnd, start } from './child.ts';
import type { Ground } from './world.ts';

const VERSION = 'v0.7.0';
const NODE = 'bench-stand-in';
const LABELS = { type: 'kwok' };

/** A pod that such a node takes: it runs for half a second, or with `hold` until it is deleted. KWOK keeps no logs. */
export const standIn = (hold = false): PodSpec => ({
  image: 'stand-in',
  logs: { containers: [] },
  template: {
    ...(hold && { metadata: { labels: { hold: 'true' } } }),
    spec: { nodeSelector: LABELS, tolerations: [{ key: 'kwok', operator: 'Exists', effect: 'NoSchedule' }] },
  },
});

/** Built from its Go module the first time: some three minutes. */
async function program(cache: string, signal: AbortSignal, say: (words: string) => void): Promise<string> {
  const path = join(cache, `kwok-${VERSION}`);
  if (existsSync(path)) return path;
  say(`building KWOK ${VERSION}: some three minutes`);
  const folder = join(cache, 'go-bin');
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await runToItsEnd('go', ['install', '-trimpath', '-ldflags=-s -w', `sigs.k8s.io/kwok/cmd/kwok@${VERSION}`], {
    env,
    signal,
  });
  renameSync(join(folder, 'kwok'), path);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @returns how to stop it; the node goes with it */
export async function startKwok({ kubeconfig, context, cache, signal, say }: Ground): Promise<() => Promise<void>> {
  const path = await program(cache, signal, say);
  const port = await freePort();
  const kube = new Kube(kubeconfig, context);
  const child = await start(
    path,
    [
      ...['--kubeconfig', kubeconfig, '--config', fileURLToPath(new URL('./kwok-stages.yaml', import.meta.url))],
      ...['--manage-all-nodes=false', '--manage-nodes-with-label-selector=type=kwok'],
      ...['--cidr', '10.77.0.0/16', '--node-ip', '127.0.0.1', '--node-port', String(port)],
      ...['--server-address', `127.0.0.1:${port}`],
      // Without leases the node turns NotReady after 40 s, and after five minutes its pods are lost.
      ...['--node-lease-duration-seconds', '40'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const node = `/api/v1/nodes/${NODE}`;
  const close = async () => {
    await kube.call('DELETE', node).catch(() => undefined);
    await child.end(5_000);
    kube.close();
  };
  try {
    const metadata = { name: NODE, labels: LABELS, annotations: { 'kwok.x-k8s.io/node': 'fake' } };
    const spec = { taints: [{ key: 'kwok', value: 'fake', effect: 'NoSchedule' }] };
    await kube.call('POST', '/api/v1/nodes', { metadata, spec });
    for (let end = Date.now() + 60_000; !(await isReady(kube, node)); await sleep(200, undefined, { signal }))
      if (Date.now() > end || child.process.exitCode !== null)
        throw new Error(`KWOK's node does not get ready: ${child.said.slice(-5).join('\n')}`);
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

async function isReady(kube: Kube, node: string): Promise<boolean> {
  const { body } = await kube.call('GET', node);
  const { status, spec } = body as {
    status?: { conditions?: { type: string; status: string }[] };
    spec?: { taints?: { key: string }[] };
  };
  const ready = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready === true && !spec?.taints?.some(({ key }) => key.startsWith('node.kubernetes.io/'));
}
