/**
 * Brings real pods to each of their ends on the local cluster and writes down what a watch told of them:
 *
 *   node test/pod/pod-outcome/record.ts [name …]
 *
 * Not a part of `npm test`: it takes minutes, and what it finds out changes with Kubernetes only. Run it by hand after an upgrade
 * of Kubernetes, and read the differences. What needs a node that dies is recorded by `record-node.ts`; what is in `by-hand.ts`
 * cannot be had from this cluster at all.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { readStack } from '../../../local/stack.ts';
import { connectCluster } from '../../../src/kubernetes/connect.ts';
import { endings, type Ending } from './endings.ts';
import { administrator, handsOn } from './hands.ts';
import { recordingFile, type Recording } from './recording.ts';
import { scrub, scrubEvents } from './scrub.ts';

const AT_ONCE = 4;
const LONGEST_MS = 150_000;
const LABEL = 'ending';

const stack = readStack();
if (!stack?.images) throw new Error('this ends pods: it is for the local cluster of `npm run up` only');
const { kubernetes, images } = stack;
const { kubeconfig, context, nodes } = kubernetes;
const cluster = connectCluster({ kubeconfig, context });
const admin = administrator(kubeconfig, context);
const namespace = `outcome-${Date.now().toString(36)}`;

/** A registry that refuses: 404, 403 or 503 by the name of the image. The node is in this network. */
const registry = createServer((request, response) => {
  const code = /broken/.test(request.url ?? '')
    ? 'UNAVAILABLE'
    : /denied/.test(request.url ?? '')
      ? 'DENIED'
      : 'MANIFEST_UNKNOWN';
  const status = { UNAVAILABLE: 503, DENIED: 403, MANIFEST_UNKNOWN: 404 }[code];
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace('_', ' ') }] }));
});
await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
const all = endings(images, `127.0.0.1:${(registry.address() as AddressInfo).port}`);

async function record(name: string, ending: Ending): Promise<void> {
  const { about, spec, act, until = isOver, more = 0, events } = ending;
  const seen: { seen: number; pod: V1Pod }[] = [];
  const { resourceVersion } = await cluster.listPods(namespace, `${LABEL}=${name}`);
  const stop = new AbortController();
  let deleted = false;
  const watching = (async () => {
    const options = { labelSelector: `${LABEL}=${name}`, resourceVersion, signal: stop.signal };
    for await (const event of cluster.watchPods(namespace, options)) {
      if (event.type === 'BOOKMARK') continue;
      seen.push({ seen: Date.now(), pod: event.pod });
      deleted = event.type === 'DELETED';
      if (deleted || until(event.pod)) break;
    }
    if (deleted || more === 0) return;
    setTimeout(() => stop.abort(), more * 1000);
    const rest = { ...options, resourceVersion: seen.at(-1)?.pod.metadata?.resourceVersion ?? '' };
    for await (const event of cluster.watchPods(namespace, rest))
      if (event.type !== 'BOOKMARK') seen.push({ seen: Date.now(), pod: event.pod });
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  await cluster.createPod(namespace, {
    metadata: { name, namespace, labels: { [LABEL]: name } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 30,
      ...spec,
      containers: spec.containers ?? [],
    },
  });
  const limit = setTimeout(() => stop.abort(), LONGEST_MS);
  await Promise.all([watching, act?.(handsOn(admin, namespace, name, images.shell))]);
  clearTimeout(limit);
  const { gitVersion } = await version();
  const { uid = '' } = seen.at(-1)?.pod.metadata ?? {};
  const told = events && scrubEvents(await cluster.podEvents({ namespace, name, uid }));
  const recording: Recording = {
    about,
    kubernetes: gitVersion,
    deleted,
    states: scrub(seen, { namespace, nodes, images }),
    ...(told && { events: told }),
  };
  writeFileSync(recordingFile(name), `${JSON.stringify(recording, undefined, 2)}\n`);
  process.stdout.write(`${name}: ${seen.length} states${stop.signal.aborted && !more ? ' (NO END)' : ''}\n`);
  await admin.core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 1 }).catch(() => undefined);
}

const isOver = (pod: V1Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

async function version(): Promise<{ gitVersion: string }> {
  const [node] = (await admin.core.listNode()).items;
  return { gitVersion: node?.status?.nodeInfo?.kubeletVersion ?? 'unknown' };
}

const names = process.argv.slice(2);
const wanted = Object.entries(all).filter(([name]) => names.length === 0 || names.includes(name));
await admin.core.createNamespace({ body: { metadata: { name: namespace } } });
try {
  while (!(await admin.core.readNamespacedServiceAccount({ namespace, name: 'default' }).catch(() => undefined)))
    await sleep(50);
  const line = wanted.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [name, ending] of line)
        await record(name, ending).catch((error: unknown) => process.stdout.write(`${name}: ${String(error)}\n`));
    }),
  );
} finally {
  await admin.core.deleteNamespace({ name: namespace });
  cluster.close();
  registry.close();
  registry.closeAllConnections();
}
