/**
 * Records what pods look like whose node falls silent, is tainted for it, and is removed at last:
 *
 *   node test/pod/pod-outcome/record-node.ts
 *
 * The node is made of nothing: an object of the API that no kubelet stands behind, and that nothing is scheduled to. A status as a kubelet
 * writes it is put on its pods, and from there on everything is Kubernetes' own doing: node lifecycle controller, taint manager, pod GC.
 * Takes about five minutes, most of it waiting for them; see `record.ts` for the rest.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { readStack } from '../../../local/stack.ts';
import { connectCluster } from '../../../src/kubernetes/connect.ts';
import { administrator, merge } from './hands.ts';
import { recordingFile, type Recording } from './recording.ts';
import { scrub } from './scrub.ts';

const stack = readStack();
if (!stack?.images) throw new Error('this makes a node: it is for the local cluster of `npm run up` only');
const { kubernetes, images } = stack;
const { kubeconfig, context, nodes } = kubernetes;
const cluster = connectCluster({ kubeconfig, context });
const { core } = administrator(kubeconfig, context);
const namespace = `outcome-${Date.now().toString(36)}`;
const node = `silent-${Date.now().toString(36)}`;
const NOT_HERE = { key: 'temporal-pods.test/made-of-nothing', effect: 'NoSchedule' };
const LONGEST_MS = 400_000;

const now = () => new Date().toISOString().replace(/\.\d+Z/, 'Z');
const kubernetesVersion = (await core.listNode()).items[0]?.status?.nodeInfo?.kubeletVersion ?? 'unknown';

const toleration = (tolerationSeconds?: number): Pick<V1PodSpec, 'tolerations'> => ({
  tolerations: ['not-ready', 'unreachable'].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(tolerationSeconds !== undefined && { tolerationSeconds }),
  })),
});

interface Case {
  about: string;
  spec: Pick<V1PodSpec, 'tolerations'>;
  until: (pod: V1Pod) => boolean;
}

const isSilent = (pod: V1Pod) =>
  pod.status?.conditions?.some(({ type, status, reason }) => type === 'Ready' && status === 'False' && !reason) ??
  false;
const cases: Record<string, Case> = {
  'node-silent': { about: 'the node of a running pod is not heard of any more', spec: toleration(), until: isSilent },
  'node-silent-and-tainted': {
    about: 'the same, and the taint manager deletes the pod after its toleration (here 5 s, by default 300 s)',
    spec: toleration(5),
    until: (pod) => pod.metadata?.deletionTimestamp !== undefined,
  },
  'node-removed': {
    about: 'the same, and the node is removed: the pod goes with it',
    spec: toleration(),
    until: () => false,
  },
};

async function record(name: string, { about, spec, until }: Case): Promise<void> {
  const seen: { seen: number; pod: V1Pod }[] = [];
  const labelSelector = `ending=${name}`;
  const { resourceVersion } = await cluster.listPods(namespace, labelSelector);
  let deleted = false;
  const watching = (async () => {
    const signal = AbortSignal.timeout(LONGEST_MS);
    for await (const event of cluster.watchPods(namespace, { labelSelector, resourceVersion, signal })) {
      if (event.type === 'BOOKMARK') continue;
      seen.push({ seen: Date.now(), pod: event.pod });
      deleted = event.type === 'DELETED';
      if (deleted || until(event.pod)) break;
    }
  })();
  await cluster.createPod(namespace, {
    metadata: { name, namespace, labels: { ending: name } },
    spec: {
      ...spec,
      nodeName: node,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [{ name: 'base', image: images?.shell ?? '', command: ['sleep', '1000'] }],
    },
  });
  const at = now();
  const yes = (type: string) => ({ type, status: 'True', lastTransitionTime: at });
  await core.patchNamespacedPodStatus(
    {
      namespace,
      name,
      body: {
        status: {
          phase: 'Running',
          startTime: at,
          conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(yes),
          containerStatuses: [
            {
              name: 'base',
              image: images?.shell,
              imageID: '',
              ready: true,
              started: true,
              restartCount: 0,
              state: { running: { startedAt: at } },
            },
          ],
        },
      },
    },
    merge,
  );
  await watching;
  const states = scrub(seen, { namespace, nodes: [...nodes, node], images: images ?? { shell: '', python: '' } });
  const recording: Recording = { about, kubernetes: kubernetesVersion, deleted, states };
  writeFileSync(recordingFile(name), `${JSON.stringify(recording, undefined, 2)}\n`);
  process.stdout.write(`${name}: ${seen.length} states\n`);
}

async function becomeSilent(): Promise<void> {
  const at = now();
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: at, lastTransitionTime: at },
  ];
  await core.patchNodeStatus({ name: node, body: { status: { conditions } } }, merge);
}

await core.createNamespace({ body: { metadata: { name: namespace } } });
await core.createNode({ body: { metadata: { name: node }, spec: { unschedulable: true, taints: [NOT_HERE] } } });
try {
  while (!(await core.readNamespacedServiceAccount({ namespace, name: 'default' }).catch(() => undefined)))
    await sleep(50);
  await becomeSilent();
  const recordings = new Map(Object.entries(cases).map(([name, one]) => [name, record(name, one)]));
  await Promise.all([recordings.get('node-silent'), recordings.get('node-silent-and-tainted')]);
  await core.deleteNode({ name: node });
  await recordings.get('node-removed');
} finally {
  await core.deleteNode({ name: node }).catch(() => undefined);
  const { items } = await core.listNamespacedPod({ namespace });
  for (const { metadata } of items)
    await core
      .deleteNamespacedPod({ namespace, name: metadata?.name ?? '', gracePeriodSeconds: 0 })
      .catch(() => undefined);
  await core.deleteNamespace({ name: namespace });
  cluster.close();
}
