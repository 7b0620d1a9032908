import type { V1Pod } from '@kubernetes/client-node';
import { startFakeCluster, type FakeCluster } from '../support/fake-cluster.ts';
import { MANAGED_BY, SCHEDULING_GATE } from '../../src/pod/identity.ts';
import type { ClusterErrorKind } from '../../src/kubernetes/cluster-error.ts';
import type { PodRef } from '../../src/contract/index.ts';

export const namespace = 'etl';

/** A pod as we send it: labelled, gated, one container called `base`. */
export const gatedPod = (name: string): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { ...MANAGED_BY } },
  spec: {
    restartPolicy: 'Never',
    schedulingGates: [{ name: SCHEDULING_GATE }],
    containers: [{ name: 'base', image: 'etl:3' }],
  },
});

export const refOf = (pod: V1Pod): PodRef => ({
  namespace,
  name: pod.metadata?.name ?? '',
  uid: pod.metadata?.uid ?? '',
});

/** A pod that runs, straight into the fake cluster. */
export function runningPod(fake: FakeCluster, name: string): PodRef {
  const { spec, ...manifest } = gatedPod(name);
  const pod = fake.pods.create(namespace, { ...manifest, spec: { containers: spec?.containers ?? [] } });
  fake.run(name);
  return refOf(pod);
}

export async function withFake(work: (fake: FakeCluster) => Promise<void>): Promise<void> {
  const fake = await startFakeCluster();
  try {
    await work(fake);
  } finally {
    await fake.close();
  }
}

/** For assert.rejects. */
export const kind = (wanted: ClusterErrorKind, words?: RegExp) => (error: unknown) => {
  const { name, kind, message } = error as { name: string; kind: string; message: string };
  if (name === 'ClusterError' && kind === wanted && (words ?? / /).test(message)) return true;
  throw new Error(`expected a ClusterError of kind ${wanted}, got ${name} ${kind}: ${message}`);
};

export const never = new AbortController().signal;
