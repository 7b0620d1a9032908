/** The logs of one pod: one follower per container, init containers and sidecars included, all at once. */
import { log } from '@temporalio/activity';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { LogSummary } from '../types.ts';
import type { Attempt } from './attempt.ts';
import { refOf } from './birth.ts';
import { containerStatuses } from './pod/outcome.ts';
import { fileSegments, follow, folderUri, logFolder, type ContainerState, type Follower } from './logs/index.ts';
import type { PodFeed } from './pod-feed.ts';

/** For containers that are neither running nor ended when the pod is done with: there is nothing to wait for. */
const ENDED: ContainerState = 'terminated';

interface Followed {
  /** Undefined when the storage refused: told in the worker's log and as a gap. */
  readonly follower: Promise<Follower | undefined>;
  settled?: Follower;
}

export class PodLogs {
  readonly #attempt: Attempt;
  readonly #root: string;
  readonly #containers = new Map<string, Followed>();
  #feed: PodFeed | undefined;
  #unwritten = 0;

  constructor(attempt: Attempt, root: string) {
    this.#attempt = attempt;
    this.#root = root;
  }

  /** Takes note of the pod's state, and follows every container that has started. */
  follow(feed: PodFeed): void {
    this.#feed = feed;
    const pod = feed.latest;
    for (const status of containerStatuses(pod)) {
      const state = stateOf(status);
      if (state === undefined || this.#containers.has(status.name)) continue;
      const followed: Followed = { follower: this.#open(pod, status, state === 'running') };
      this.#containers.set(status.name, followed);
      void followed.follower.then((follower) => follower && (followed.settled = follower));
    }
  }

  /** For a pod whose main container has ended: reads what has ended to its end, at most for `limitMs`. */
  async drain(feed: PodFeed, limitMs: number): Promise<void> {
    this.follow(feed);
    const pod = feed.latest;
    const ended = containerStatuses(pod).filter((status) => stateOf(status) === 'terminated');
    await this.#forEach(
      ended.map(({ name }) => name),
      (follower) => (pod.metadata?.deletionTimestamp ? follower.drainOpen(limitMs) : follower.drain(limitMs)),
    );
  }

  /** For a pod that is about to be deleted: resolves when streams are open to catch the last lines, or cannot be. */
  async opened(limitMs: number): Promise<void> {
    await this.#forEach([...this.#containers.keys()], (follower) => follower.opened(limitMs));
  }

  /** For a pod that is being deleted while it runs: reads to the end of its containers, at most for `limitMs`. */
  async drainOpen(limitMs: number): Promise<void> {
    await this.#forEach([...this.#containers.keys()], (follower) => follower.drainOpen(limitMs));
  }

  summary(): LogSummary {
    const total = { lines: 0, bytes: 0, gaps: this.#unwritten };
    for (const { settled } of this.#containers.values()) {
      total.lines += settled?.counters.lines ?? 0;
      total.bytes += settled?.counters.bytes ?? 0;
      total.gaps += settled?.counters.gaps ?? 0;
    }
    const pod = this.#attempt.recorder.state.pod;
    const tail = this.#containers.get(this.#attempt.main)?.settled?.tail ?? '';
    return { uri: pod ? folderUri(this.#folder(pod.uid)) : '', ...total, tail };
  }

  /** Lets go at once; what is not stored yet is read again by the next attempt. */
  async stop(): Promise<void> {
    await this.#forEach([...this.#containers.keys()], (follower) => follower.stop());
  }

  async #open(pod: V1Pod, { name, restartCount }: V1ContainerStatus, running: boolean): Promise<Follower | undefined> {
    const { cluster } = this.#attempt;
    const ref = refOf(pod);
    try {
      const segment = await fileSegments(this.#folder(ref.uid)).openSegment(name, restartCount);
      const source = {
        openLog: (options: Parameters<typeof cluster.openLog>[2]) => cluster.openLog(ref, name, options),
      };
      const follower = follow(source, segment, { state: () => this.#stateNow(name) });
      if (running) follower.start();
      return follower;
    } catch (error) {
      this.#lost(name, error);
      return undefined;
    }
  }

  /** Does it to all at once; a log that cannot be kept is told, and never keeps a pod from its end. */
  async #forEach(names: readonly string[], work: (follower: Follower) => Promise<unknown>): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const follower = await this.#containers.get(name)?.follower;
        if (follower) await work(follower).catch((error: unknown) => this.#lost(name, error));
      }),
    );
  }

  #lost(container: string, error: unknown): void {
    this.#unwritten += 1;
    const message = error instanceof Error ? error.message : String(error);
    log.error(`the log of container ${container} is incomplete: ${message}`);
  }

  #stateNow(container: string): ContainerState {
    if (!this.#feed || this.#feed.gone) return 'gone';
    const status = containerStatuses(this.#feed.latest).find(({ name }) => name === container);
    return (status && stateOf(status)) ?? ENDED;
  }

  #folder(uid: string): string {
    const { workflowId, runId, activityId } = this.#attempt.key;
    return logFolder(this.#root, { workflowId, runId, activityId, uid });
  }
}

function stateOf({ state }: V1ContainerStatus): ContainerState | undefined {
  if (state?.running) return 'running';
  return state?.terminated ? 'terminated' : undefined;
}
