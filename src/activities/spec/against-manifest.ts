/** What only the whole pod can answer, with the templates of the worker in it. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../../types.ts';
import { shown } from './explain.ts';

/** One line a fault, with path and value. */
export function manifestFaults({ logs }: PodSpec, { spec }: V1Pod): string[] {
  const wanted = Array.isArray(logs?.containers) ? logs.containers : [];
  const names = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name);
  return wanted
    .filter((name) => !names.includes(name))
    .map((name) => `logs.containers: the pod has no such container, only ${names.join(', ')}; got ${shown(name)}`);
}
