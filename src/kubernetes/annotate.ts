import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import type { PodRef } from '../contract/index.ts';
import { errorOf } from './cluster-error.ts';
import { readSame } from './pod-api.ts';
import { mustBeSafe } from './safe-names.ts';

/** See `Cluster.annotatePod`. A pod of ours always has annotations: its key is one. */
export async function annotatePod(api: CoreV1Api, ref: PodRef, annotations: Record<string, string>): Promise<V1Pod> {
  mustBeSafe(ref);
  const { namespace, name, uid } = ref;
  const what = `annotate pod ${namespace}/${name}`;
  // JSON patch: the test and the changes happen together or not at all.
  const body = [
    { op: 'test', path: '/metadata/uid', value: uid },
    ...Object.entries(annotations).map(([key, value]) => ({
      op: 'add',
      path: `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      value,
    })),
  ];
  try {
    return await api.patchNamespacedPod({ namespace, name, body });
  } catch (thrown) {
    const error = errorOf(what, thrown);
    if (error.status === 422) await readSame(api, what, ref);
    throw error;
  }
}
