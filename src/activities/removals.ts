/**
 * Pods whose result is known, and that this worker removes beside its work. What it leaves undone when it ends, the run's own
 * confirmation does, or the sweeper.
 */
import { log } from '@temporalio/activity';
import type { Cleanup } from '../contract/index.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { refOf } from '../pod/identity.ts';
import { removePod, type Removal } from './remove-pod.ts';
import { untilFinalPhase } from './take-down.ts';

/** How many are remembered: a run asks for its pods as soon as its work is done. */
const MOST_REMEMBERED = 10_000;

export class Removals {
  /** By uid, the oldest first: whether the pod was seen to be gone. */
  readonly #known = new Map<string, Promise<boolean>>();
  readonly #underWay = new Set<Promise<boolean>>();
  readonly #stop = new AbortController();

  /** For a pod whose containers have all ended. Closes the watcher. */
  begin(cluster: Cluster, watcher: PodWatcher, removal: Omit<Removal, 'signal'>): Cleanup {
    const removed = this.#remove(cluster, watcher, removal).finally(() => this.#underWay.delete(removed));
    this.#underWay.add(removed);
    this.#known.set(refOf(watcher.latest).uid, removed);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MOST_REMEMBERED) this.#known.delete(oldest);
    return { gone: false, removing: true };
  }

  /** Waits for a removal that is under way. False also for a pod that this worker knows nothing of. */
  async hasSeenGone(uid: string): Promise<boolean> {
    return (await this.#known.get(uid)) ?? false;
  }

  /** Orders what is not ordered yet, without waiting for what comes of it. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay);
  }

  async #remove(cluster: Cluster, watcher: PodWatcher, removal: Omit<Removal, 'signal'>): Promise<boolean> {
    const { signal } = this.#stop;
    await untilFinalPhase(watcher, signal);
    const ref = refOf(watcher.latest);
    // Or it would ask the API server itself whether the pod is gone.
    watcher.close();
    const { gone, error } = await removePod(cluster, ref, { ...removal, signal });
    if (!gone) log.info(`its run is left to confirm that pod ${ref.namespace}/${ref.name} is gone: ${error}`);
    return gone;
  }
}
