/** What only the whole pod can answer, with the templates of the worker in it. */
import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { PodSpec } from '../contract/index.ts';
import { amountFaults, bytesFaults } from './kubernetes.ts';
import { shown } from './explain.ts';

/** One line a fault, with path and value. */
export const manifestFaults = (spec: PodSpec, { spec: pod = { containers: [] } }: V1Pod): string[] => [
  ...logFaults(spec, pod),
  ...contentFaults(pod),
];

function* logFaults({ logs }: PodSpec, pod: V1PodSpec): Iterable<string> {
  const wanted = Array.isArray(logs?.containers) ? logs.containers : [];
  const names = containersOf(pod).map(({ item }) => item.name);
  for (const name of wanted)
    if (!names.includes(name))
      yield `logs.containers: the pod has no such container, only ${names.join(', ')}; got ${shown(name)}`;
}

/** Of what any layer may have brought in. */
function* contentFaults(pod: V1PodSpec): Iterable<string> {
  const volumes = (pod.volumes ?? []).map(({ name }) => name);
  yield* amountFaults('spec.resources', pod.resources);
  for (const { at, item } of containersOf(pod)) {
    yield* amountFaults(`${at}.resources`, item.resources);
    for (const { mountPath, name } of item.volumeMounts ?? [])
      if (!volumes.includes(name))
        yield `${at}.volumeMounts: ${mountPath} mounts a volume that no layer has${volumes.length > 0 ? `, only ${volumes.join(', ')}` : ''}; got ${shown(name)}`;
  }
  for (const { name, emptyDir } of pod.volumes ?? [])
    yield* bytesFaults(`spec.volumes.${name}.emptyDir.sizeLimit`, emptyDir?.sizeLimit);
}

const containersOf = (pod: V1PodSpec): { at: string; item: V1Container }[] =>
  (['containers', 'initContainers'] as const).flatMap((field) =>
    (pod[field] ?? []).map((item) => ({ at: `spec.${field}.${item.name}`, item })),
  );
