import type { BackoffPolicy } from '../common/retry.ts';
import type { Cluster } from './cluster.ts';
import { createPodReflector, type PodReflector } from './pod-reflector.ts';

/** One reflector per namespace, made when it is first asked for. */
export interface Reflectors {
  (namespace: string): PodReflector;
  close(): void;
}

/** `onTrouble` gets a sentence for the worker's log when a namespace cannot be watched for a while. */
export function createReflectors(
  cluster: Pick<Cluster, 'listPods' | 'watchPods'>,
  onTrouble: (message: string) => void,
  waits?: BackoffPolicy,
): Reflectors {
  const reflectors = new Map<string, PodReflector>();
  const of = (namespace: string) => {
    const known = reflectors.get(namespace) ?? createPodReflector(cluster, namespace, onTrouble, waits);
    reflectors.set(namespace, known);
    return known;
  };
  return Object.assign(of, {
    close: () => {
      for (const reflector of reflectors.values()) reflector.close();
    },
  });
}
