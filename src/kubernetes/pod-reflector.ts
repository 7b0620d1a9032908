import type { V1Pod } from '@kubernetes/client-node';
import { MANAGED_SELECTOR } from '../pod/identity.ts';
import type { Cluster } from './cluster.ts';
import { isClusterError } from './cluster-error.ts';
import { createPodCache } from './pod-cache.ts';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { Backoff, type BackoffPolicy } from '../common/retry.ts';

/** What the reflector saw of one pod. A name can come to belong to another pod: compare the uid. */
export type PodSighting =
  | { type: 'seen'; pod: V1Pod }
  /** The last state, from a DELETED event. Whether it is gone is still to be decided by a GET. */
  | { type: 'deleted'; pod: V1Pod }
  /** Not in a fresh list, or not known to a new subscriber: decide by a GET. */
  | { type: 'missing' };

/** One list+watch of our pods in a namespace, shared by everybody who follows a pod there. */
export interface PodReflector {
  /**
   * Tells at once what is cached of this pod, or that it is missing (before the first list: nothing), then everything, in the
   * server's order. Starts the reflector. Returns the way to stop listening.
   */
  subscribe(name: string, listener: (sighting: PodSighting) => void): () => void;
  /** The cached pods that match; without managedFields. Not to be changed. */
  find(predicate: (pod: V1Pod) => boolean): V1Pod[];
  /** Resolves after the first complete list; rejects when closed before. Starts the reflector. */
  ready(): Promise<void>;
  /** Ends the watch; nobody is told anything any more. */
  close(): void;
}

/** Failures in a row before anybody hears of them, and then every how many of them. */
const quietFailures = 3;
/** After so many failures the resourceVersion itself is suspected, and all is listed anew. */
const relistAfter = 6;
const WAITS: BackoffPolicy = { firstMs: 100, mostMs: 10_000 };
/** A watch that ends sooner, without an event, counts as a failure. */
const shortestWatchMs = 1000;

/**
 * See `PodReflector`. `onTrouble` gets sentences for the worker's log, only when several tries in a row have failed.
 * `waits`: between the tries.
 */
export function createPodReflector(
  cluster: Pick<Cluster, 'listPods' | 'watchPods'>,
  namespace: string,
  onTrouble: (message: string) => void,
  waits: BackoffPolicy = WAITS,
): PodReflector {
  const cache = createPodCache((error) => onTrouble(`a listener for pods in ${namespace} threw: ${String(error)}`));
  const closing = new AbortController();
  const { signal } = closing;
  const firstList = Promise.withResolvers<void>();
  firstList.promise.catch(() => undefined);
  let started = false;
  let resourceVersion: string | undefined;
  let failures = 0;
  const backoff = new Backoff(waits);

  async function list() {
    const fresh = await cluster.listPods(namespace, MANAGED_SELECTOR);
    if (signal.aborted) return;
    cache.replace(fresh.items);
    resourceVersion = fresh.resourceVersion;
    firstList.resolve();
  }

  async function watch(from: string) {
    const began = performance.now();
    const lived = () => performance.now() - began > shortestWatchMs;
    const stream = cluster.watchPods(namespace, { labelSelector: MANAGED_SELECTOR, resourceVersion: from, signal });
    let events = 0;
    try {
      for await (const event of stream) {
        if (signal.aborted) return;
        events++;
        // First the news, then the place in it: whatever throws in between, nothing is skipped.
        if (event.type === 'DELETED') cache.deleted(event.pod);
        else if (event.type !== 'BOOKMARK') cache.seen(event.pod);
        resourceVersion = event.type === 'BOOKMARK' ? event.resourceVersion : event.pod.metadata?.resourceVersion;
      }
    } finally {
      if (events > 0 || lived()) {
        failures = 0;
        backoff.reset();
      }
    }
    if (events > 0) return;
    if (!lived()) throw new Error('the server ended the watch at once');
    // Minutes without even a bookmark: a resourceVersion from the future (an etcd restored from a backup) looks like this.
    resourceVersion = undefined;
  }

  async function run() {
    while (!signal.aborted) {
      try {
        if (resourceVersion === undefined) await list();
        else await watch(resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const expired = isClusterError(error, 'gone');
        if (expired || failures % relistAfter === 0) resourceVersion = undefined;
        if (!expired && failures % quietFailures === 0) {
          onTrouble(`pods in ${namespace}: ${failures} failures in a row. ${messageOf(error)}`);
        }
        await pause(backoff.next(), signal);
      }
    }
  }

  const start = () => {
    if (started) return;
    started = true;
    void run();
  };

  return {
    subscribe(name, listener) {
      start();
      return cache.subscribe(name, listener);
    },
    find: (predicate) => cache.find(predicate),
    ready() {
      start();
      return firstList.promise;
    },
    close() {
      closing.abort();
      firstList.reject(new Error(`the reflector of ${namespace} was closed`));
    },
  };
}
