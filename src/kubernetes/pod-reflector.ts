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
  /**
   * Whether the watch tells all that happened up to this version (of any pod of ours there) within so long. One that does not is
   * dead without having ended, as behind a lost connection, and is opened anew.
   */
  reaches(version: string | undefined, limitMs: number): Promise<boolean>;
  /** Milliseconds since the API server last answered a list, or said anything on the watch. */
  readonly silentMs: number;
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
const sterileMs = 90_000;

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
  let heardAt = -Infinity;
  /** Ends the watch that is open now. */
  let ending = new AbortController();
  /** It was opened anew, and has told nothing since. */
  let suspect = false;
  const waiting = new Set<() => void>();
  let failures = 0;
  const backoff = new Backoff(waits);

  async function list() {
    const fresh = await cluster.listPods(namespace, MANAGED_SELECTOR);
    if (signal.aborted) return;
    cache.replace(fresh.items);
    moveTo(fresh.resourceVersion);
    firstList.resolve();
  }

  function moveTo(version: string | undefined) {
    resourceVersion = version;
    heardAt = performance.now();
    suspect = false;
    for (const look of waiting) look();
  }

  async function watch(from: string) {
    const began = performance.now();
    let events = 0;
    const lived = () => performance.now() - began > shortestWatchMs;
    // Longer than between two bookmarks, and nothing was told. The connection is dead; or the place lies in the future, as that of
    // an etcd which was restored from a backup does: then every watch from there is silent.
    const isSterile = () => events === 0 && performance.now() - began > sterileMs;
    ending = new AbortController();
    const stream = cluster.watchPods(namespace, {
      labelSelector: MANAGED_SELECTOR,
      resourceVersion: from,
      signal: AbortSignal.any([signal, ending.signal]),
    });
    try {
      for await (const event of stream) {
        if (signal.aborted) return;
        events++;
        // First the news, then the place in it: whatever throws in between, nothing is skipped.
        if (event.type === 'DELETED') cache.deleted(event.pod);
        else if (event.type !== 'BOOKMARK') cache.seen(event.pod);
        moveTo(event.type === 'BOOKMARK' ? event.resourceVersion : event.pod.metadata?.resourceVersion);
      }
    } finally {
      if (events > 0 || lived()) {
        failures = 0;
        backoff.reset();
      }
      if (isSterile()) resourceVersion = undefined;
    }
    if (events === 0 && !lived()) throw new Error('the server ended the watch at once');
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

  async function reaches(version: string | undefined, limitMs: number): Promise<boolean> {
    start();
    const isThere = () => resourceVersion !== undefined && versionOf(version) <= versionOf(resourceVersion);
    const done = new AbortController();
    const open = ending;
    const look = () => isThere() && done.abort();
    waiting.add(look);
    look();
    await pause(limitMs, AbortSignal.any([done.signal, signal]));
    waiting.delete(look);
    // Not the next one, that was opened meanwhile.
    if (!done.signal.aborted && !signal.aborted && open === ending) doubtWatch();
    return done.signal.aborted;
  }

  /** The second time in a row its place is suspected as well. */
  function doubtWatch() {
    // A list is under way, or another read was before.
    if (resourceVersion === undefined || ending.signal.aborted) return;
    if (suspect) resourceVersion = undefined;
    else onTrouble(`pods in ${namespace}: the watch did not tell what a read has shown, and is opened anew`);
    suspect = true;
    ending.abort(new Error('it did not tell what a read has shown'));
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
    reaches,
    get silentMs() {
      return performance.now() - heardAt;
    },
    close() {
      closing.abort();
      firstList.reject(new Error(`the reflector of ${namespace} was closed`));
    },
  };
}

/** Of one kind of object they can be compared, as numbers. */
export const versionOf = (resourceVersion: string | undefined): bigint => BigInt(resourceVersion || 0);
