/**
 * What is known of one pod now. The reflector tells what happens; that the pod is *gone* is decided by a GET alone, since a
 * cache can be behind, cut off, or pointed at a server that was restored from a backup.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodRef } from '../contract/index.ts';
import { retryAfterMs } from './cluster-error.ts';
import type { Cluster } from './cluster.ts';
import { versionOf, type PodReflector, type PodSighting } from './pod-reflector.ts';
import { MANAGED_BY } from '../pod/identity.ts';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { retry } from '../common/retry.ts';

/** In ms. */
export interface WatcherLimits {
  /**
   * How often it is thought of whether to read, in case that the watch has died without ending; one that has spoken for as long lives: a
   * bookmark comes at least every 75 s, and on a busy cluster there is more. Default 10 s.
   */
  look?: number;
  /** How long a doubt waits for the watch. Default 2 s. */
  doubt?: number;
  /** How long the watch may take to tell what a read has shown, before it is opened anew. Default 3 s. */
  told?: number;
}

export class PodWatcher {
  /** The newest state; after the pod has gone, its last. */
  latest: V1Pod;
  /** The API server has no pod of this uid (any more). */
  gone = false;
  /** `latest` is the state with which it was deleted. */
  hasLastWord = false;
  /** What the API server answered last, instead of the pod, to a question that is still asked. */
  trouble: string | undefined;
  readonly #ref: PodRef;
  readonly #cluster: Cluster;
  readonly #reflector: PodReflector;
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #wake = Promise.withResolvers<void>();
  #reading: Promise<void> | undefined;
  #asked = false;
  #looks = 0;
  #doubt: NodeJS.Timeout | undefined;
  readonly #limits: Required<WatcherLimits>;

  constructor(cluster: Cluster, reflector: PodReflector, ref: PodRef, pod: V1Pod, limits: WatcherLimits = {}) {
    this.#limits = { look: 10_000, doubt: 2_000, told: 3_000, ...limits };
    this.#cluster = cluster;
    this.#ref = ref;
    this.#reflector = reflector;
    this.latest = pod;
    this.#unsubscribe = reflector.subscribe(ref.name, (sighting) => this.#sighted(sighting));
    this.#timer = setInterval(() => this.#look(), this.#limits.look);
  }

  /** Resolves at the next change, after `ms`, or when the signal fires, whichever comes first. */
  async change(ms: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.#wake.promise, pause(ms, AbortSignal.any([signal, timer.signal]))]);
    timer.abort();
  }

  /** Asks now what the watch has not told yet; waits for the answer, but no longer than this. False: there was none. */
  async refresh(limitMs: number): Promise<boolean> {
    const limit = new AbortController();
    const answered = this.#read().then(() => {
      limit.abort();
      return !this.#closed.signal.aborted;
    });
    return Promise.race([answered, pause(limitMs, limit.signal).then(() => limit.signal.aborted && answered)]);
  }

  /** Something happened that its state should show: it is read, unless the watch tells of it first. */
  doubt(): void {
    this.#doubt ??= setTimeout(() => {
      this.#doubt = undefined;
      void this.#read();
    }, this.#limits.doubt);
  }

  close(): void {
    this.#closed.abort();
    clearInterval(this.#timer);
    clearTimeout(this.#doubt);
    this.#unsubscribe();
  }

  /** After 10, 30 and 70 s, then once a minute, while the watch is silent. A pod that no watch shows: every 10 s. */
  #look(): void {
    if (!isOfWatch(this.latest)) return void this.#read();
    this.#looks++;
    const isTurn = this.#looks === 3 || this.#looks % 6 === 1;
    if (isTurn && this.#reflector.silentMs > this.#limits.look) void this.#read();
  }

  #sighted(sighting: PodSighting): void {
    clearTimeout(this.#doubt);
    this.#doubt = undefined;
    if (sighting.type === 'missing') return void this.#read();
    this.take(sighting.pod);
    if (sighting.type === 'deleted' && sighting.pod.metadata?.uid === this.#ref.uid) this.hasLastWord = true;
    // Another uid under our name, or the watch says DELETED: ask.
    if (sighting.type === 'deleted' || sighting.pod.metadata?.uid !== this.#ref.uid) void this.#read();
  }

  /** An answer about it, to whatever was asked. An older one changes nothing. */
  take(pod: V1Pod): void {
    if (pod.metadata?.uid !== this.#ref.uid || isOlder(pod, this.latest)) return;
    this.latest = pod;
    this.#changed();
  }

  /** An answer under way can be older than the reason to ask: then it is asked once more. */
  #read(): Promise<void> {
    this.#asked = true;
    return (this.#reading ??= this.#readWhileAsked());
  }

  async #readWhileAsked(): Promise<void> {
    const { namespace, name, uid } = this.#ref;
    const { signal } = this.#closed;
    const read = () => {
      this.#asked = false;
      return this.#cluster.readPod(namespace, name);
    };
    try {
      while (this.#asked && !this.gone) {
        // No answer is not an absence: it asks again, until it is closed.
        const pod = await retry(read, {
          firstMs: 200,
          mostMs: 10_000,
          signal,
          leastMs: retryAfterMs,
          onRetry: (error) => (this.trouble = messageOf(error)),
        });
        this.trouble = undefined;
        if (pod?.metadata?.uid !== uid) this.gone = true;
        else {
          const isNews = isOlder(this.latest, pod);
          this.take(pod);
          if (isNews && isOfWatch(pod)) void this.#reflector.reaches(pod.metadata?.resourceVersion, this.#limits.told);
        }
      }
    } catch {
      // Closed meanwhile.
    }
    this.#reading = undefined;
    this.#changed();
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** A list or an answer under way can be older than what the watch has already told. */
const isOlder = (pod: V1Pod, known: V1Pod): boolean =>
  versionOf(pod.metadata?.resourceVersion) < versionOf(known.metadata?.resourceVersion);

/** Somebody may have taken its label away: then the watch has told of it for the last time. */
const isOfWatch = ({ metadata }: V1Pod): boolean =>
  Object.entries(MANAGED_BY).every(([label, value]) => metadata?.labels?.[label] === value);
