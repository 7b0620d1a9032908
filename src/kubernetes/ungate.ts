import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import type { PodRef } from '../contract/index.ts';
import { SCHEDULING_GATE } from '../pod/identity.ts';
import { errorOf } from './cluster-error.ts';
import { readSame } from './pod-api.ts';
import { mustBeSafe } from './safe-names.ts';

const attempts = 3;

/** See `Cluster.ungatePod`. Our gate is the first one unless a webhook put one before it: then its place is looked up. */
export async function ungatePod(api: CoreV1Api, ref: PodRef): Promise<V1Pod> {
  mustBeSafe(ref);
  const what = `ungate pod ${ref.namespace}/${ref.name}`;
  for (let attempt = 1, place = 0; ; attempt++) {
    try {
      return await api.patchNamespacedPod({
        namespace: ref.namespace,
        name: ref.name,
        body: removeGate(ref.uid, place),
      });
    } catch (thrown) {
      const error = errorOf(what, thrown);
      // A failed test is a 422 that does not say which one; the other refusals of a patch look the same.
      if (error.status !== 422) throw error;
      const pod = await readSame(api, what, ref);
      place = pod.spec?.schedulingGates?.findIndex((gate) => gate.name === SCHEDULING_GATE) ?? -1;
      if (place < 0) return pod;
      if (attempt === attempts) throw error;
    }
  }
}

/** JSON patch: the tests and the removal happen together or not at all. */
export const removeGate = (uid: string, place: number) => [
  { op: 'test', path: '/metadata/uid', value: uid },
  { op: 'test', path: `/spec/schedulingGates/${place}/name`, value: SCHEDULING_GATE },
  { op: 'remove', path: `/spec/schedulingGates/${place}` },
];
