/**
 * What the activities ask of a Kubernetes cluster: twelve verbs about pods. Types only; `connect.ts` makes the real one.
 * Every verb rejects with a `ClusterError` (see `cluster-error.ts`) and with nothing else; with kind `invalid`, before anything is
 * sent, for a namespace or a name that is no DNS-1123 name, and for an empty uid.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEvent, PodRef } from '../contract/index.ts';

export interface Cluster {
  /** Hash of the cluster's CA (of the server's URL when there is none), 16 hex characters: tells clusters apart. */
  readonly id: string;
  /** The API server's URL, for messages. */
  readonly server: string;

  /**
   * Creates the pod. Limit 10 s: a create that was not answered by then may still have happened (kind `transient`), so
   * read by name before anything else. Kind `alreadyExists` also when a pod of that name is being deleted.
   * With `dryRun` the server admits, validates and completes it, and stores nothing.
   */
  createPod(namespace: string, manifest: V1Pod, options?: { dryRun?: boolean }): Promise<V1Pod>;

  /** The pod as the API server has it now (not from a cache), or `undefined` when there is none of this name. */
  readPod(namespace: string, name: string): Promise<V1Pod | undefined>;

  /** All pods with these labels, read in pages; `resourceVersion` is where a watch goes on. */
  listPods(namespace: string, labelSelector: string): Promise<{ items: V1Pod[]; resourceVersion: string }>;

  /**
   * What happens to these pods after `resourceVersion`, in the server's order, until the server ends the watch (after
   * 4 to 5 minutes: ask again from the last resourceVersion seen). Throws a `ClusterError` when the stream breaks, is silent
   * for 100 s, without even a bookmark, is aborted, or when the server says so (kind `gone`: the resourceVersion is too old, list again).
   */
  watchPods(namespace: string, options: WatchOptions): AsyncIterable<PodWatchEvent>;

  /**
   * Removes our scheduling gate (gates of others stay); tests the uid in the same request. A pod that has no gate (any
   * more) is returned as it is. Kind `conflict` when the name belongs to another uid, `notFound` when to none.
   */
  ungatePod(ref: PodRef): Promise<V1Pod>;

  /**
   * Sets these annotations and leaves the others; tests the uid in the same request. Kind `conflict` when the name belongs to
   * another uid, `notFound` when to none.
   */
  annotatePod(ref: PodRef, annotations: Record<string, string>): Promise<V1Pod>;

  /**
   * DELETE with a uid precondition. `deleting`: accepted, the pod may live on for its grace period. `gone`: the answer says that it
   * was removed at once (it had ended, or never had a node), or there is no pod of this name, or one with another uid. `graceSeconds` undefined is the pod's own; 0 is sent only when asked for.
   */
  deletePod(ref: PodRef, graceSeconds?: number): Promise<'deleting' | 'gone'>;

  /**
   * Raw bytes of one container's log, each line with its timestamp. Rejects before the first byte (kind `waiting`: the
   * container has not started); afterwards a stream that breaks or is aborted throws from the iterator, and a clean EOF
   * ends it, which does not mean that the container has finished. There is no read timeout: a silent log is normal.
   * Iterate it once; leaving the loop closes the stream. Kubernetes finds a log by the pod's name alone: the uid is not tested.
   */
  openLog(ref: PodRef, container: string, options: LogOptions): Promise<AsyncIterable<Buffer>>;

  /** The pod's events, newest last, at most 20, equal ones merged; `[]` when we may not read them. */
  podEvents(ref: PodRef): Promise<PodEvent[]>;

  /**
   * The uids of pods of which a kubelet has said that it stops a container (events of reason `Killing`; Kubernetes keeps events for an
   * hour, as a rule). One request for all who ask at about the same time, never one that began before the question.
   */
  killedPods(namespace: string): Promise<ReadonlySet<string>>;

  /** Closes idle connections and aborts every stream. */
  close(): void;
}

export interface WatchOptions {
  labelSelector: string;
  resourceVersion: string;
  signal: AbortSignal;
}

export interface LogOptions {
  follow: boolean;
  /** The log of the start before the present one. */
  previous?: boolean;
  /** RFC 3339; Kubernetes cuts it to whole seconds and includes that second. */
  sinceTime?: string;
  signal: AbortSignal;
}

/** One watch event. A bookmark carries nothing but a newer resourceVersion. */
export type PodWatchEvent =
  { type: 'ADDED' | 'MODIFIED' | 'DELETED'; pod: V1Pod } | { type: 'BOOKMARK'; resourceVersion: string };
