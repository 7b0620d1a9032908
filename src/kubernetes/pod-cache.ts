import type { V1Pod } from '@kubernetes/client-node';
import type { PodSighting } from './pod-reflector.ts';

export type PodListener = (sighting: PodSighting) => void;

/** What a reflector knows: the last state of every pod, and who wants to hear of which. Does no I/O. */
export interface PodCache {
  /** Tells at once what is known of the pod: its last state, or that the lists and events so far have no such pod. */
  subscribe(name: string, listener: PodListener): () => void;
  find(predicate: (pod: V1Pod) => boolean): V1Pod[];
  seen(pod: V1Pod): void;
  deleted(pod: V1Pod): void;
  /** A fresh, complete list: whoever follows a pod that is not in it is told that it is missing. */
  replace(pods: readonly V1Pod[]): void;
}

/** `onListenerError`: one listener that throws must not keep the news from the others. */
export function createPodCache(onListenerError: (error: unknown) => void): PodCache {
  const pods = new Map<string, V1Pod>();
  const listeners = new Map<string, Set<PodListener>>();
  let listed = false;

  const call = (listener: PodListener, sighting: PodSighting) => {
    try {
      listener(sighting);
    } catch (error) {
      onListenerError(error);
    }
  };
  const tell = (name: string, sighting: PodSighting) => {
    for (const listener of [...(listeners.get(name) ?? [])]) call(listener, sighting);
  };

  const seen = (pod: V1Pod) => {
    const name = nameOf(pod);
    pods.set(name, trim(pod));
    tell(name, { type: 'seen', pod });
  };

  return {
    subscribe(name, listener) {
      const group = listeners.get(name) ?? new Set();
      listeners.set(name, group);
      const entry: PodListener = (sighting) => listener(sighting); // so that one function can subscribe twice
      group.add(entry);
      const pod = pods.get(name);
      if (pod) call(entry, { type: 'seen', pod });
      // Its deletion may have been told already, and no event would come any more. Before the first list nothing is known.
      else if (listed) call(entry, { type: 'missing' });
      return () => {
        group.delete(entry);
        if (group.size === 0 && listeners.get(name) === group) listeners.delete(name);
      };
    },
    find: (predicate) => [...pods.values()].filter(predicate),
    seen,
    deleted(pod) {
      const name = nameOf(pod);
      pods.delete(name);
      tell(name, { type: 'deleted', pod: trim(pod) });
    },
    replace(fresh) {
      listed = true;
      const names = new Set(fresh.map(nameOf));
      for (const name of pods.keys()) if (!names.has(name)) pods.delete(name);
      for (const pod of fresh) {
        const before = pods.get(nameOf(pod))?.metadata;
        const same = before?.uid === pod.metadata?.uid && before?.resourceVersion === pod.metadata?.resourceVersion;
        if (!same) seen(pod);
      }
      for (const name of [...listeners.keys()]) if (!names.has(name)) tell(name, { type: 'missing' });
    },
  };
}

const nameOf = (pod: V1Pod) => pod.metadata?.name ?? '';

/** Drops, in place, what nobody reads and what can be most of a pod. */
function trim(pod: V1Pod): V1Pod {
  delete pod.metadata?.managedFields;
  delete pod.metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  return pod;
}
