/** What only the whole pod can answer, with the templates of the worker in it. */
import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { firstFaults, shown, someOf } from '../common/issue-text.ts';
import type { PodSpec } from '../contract/index.ts';
import { containersOf, placed, volumesOf } from '../pod/walk.ts';
import { amountFaults, bytesFaults } from './words.ts';

/** One line a fault, with path and value; the first 20. */
export const manifestFaults = (spec: PodSpec, { spec: pod = { containers: [] } }: V1Pod): string[] =>
  firstFaults(allFaults(spec, pod));

function* allFaults(spec: PodSpec, pod: V1PodSpec): Iterable<string> {
  yield* logFaults(spec, pod);
  yield* contentFaults(pod);
}

function* logFaults({ logs }: PodSpec, pod: V1PodSpec): Iterable<string> {
  const wanted = Array.isArray(logs?.containers) ? logs.containers : [];
  const names = new Set(containersOf(pod).map(({ item }) => item.name));
  for (const name of wanted)
    if (!names.has(name))
      yield `logs.containers: the pod has no such container, only ${someOf([...names])}; got ${shown(name)}`;
}

/** Of what any layer may have brought in. */
function* contentFaults(pod: V1PodSpec): Iterable<string> {
  const volumes = volumesOf(pod);
  const names = new Set(volumes.map(({ item }) => item.name));
  const others = names.size > 0 ? `, only ${someOf([...names])}` : '';
  yield* amountFaults('spec.resources', pod.resources);
  for (const { path, item } of containersOf(pod)) {
    yield* amountFaults(`${path}.resources`, item.resources);
    for (const mount of placed(`${path}.volumeMounts`, item.volumeMounts))
      if (!names.has(mount.item.name))
        yield `${mount.path}: mounts a volume that no layer has${others}; got ${shown(mount.item.name)}`;
  }
  for (const { path, item } of volumes) yield* bytesFaults(`${path}.emptyDir.sizeLimit`, item.emptyDir?.sizeLimit);
}
