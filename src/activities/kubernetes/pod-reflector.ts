import type { V1Pod } from '@kubernetes/client-node';

/** What the reflector saw of one pod. */
export type PodSighting =
  | { type: 'seen'; pod: V1Pod }
  /** The last state, from a DELETED event. Whether it is gone is still to be decided by a GET. */
  | { type: 'deleted'; pod: V1Pod }
  /** Not in a fresh list: decide by a GET. */
  | { type: 'missing' };

/** One list+watch of our pods in a namespace, shared by everybody who follows a pod there. */
export interface PodReflector {
  /** Told at once what is cached of this pod (nothing when it is not), then everything, in the server's order. */
  subscribe(name: string, listener: (sighting: PodSighting) => void): () => void;
  /** The cached pods that match; trimmed (no managedFields). */
  find(predicate: (pod: V1Pod) => boolean): V1Pod[];
  /** Resolves after the first complete list; rejects when closed before. */
  ready(): Promise<void>;
  close(): void;
}
