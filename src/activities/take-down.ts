/** How an attempt makes its pod go: in order, with the last lines of its log, and seen to be gone. */
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodRef } from '../contract/index.ts';
import type { Attempt } from './attempt.ts';
import { refOf } from './birth.ts';
import { pause } from '../common/pause.ts';
import type { PodFeed } from './pod-feed.ts';
import type { PodLogs } from './pod-logs.ts';
import { belongsTo } from '../pod/identity.ts';
import { graceOf } from '../pod/names.ts';
import { statusOf } from '../pod/containers.ts';
import { removePod } from './remove-pod.ts';

/** With the main container at its end, sidecars get no more than this many seconds. */
const SIDECAR_GRACE_SECONDS = 5;

/** How long a deletion waits for the log streams to be open. */
const OPEN_MS = 2_000;
/** How long a look before a deletion may take. */
const LOOK_MS = 5_000;
/** How long a pod whose containers have all ended is given to be over as a whole. */
export const PHASE_MS = 3_000;

/** What an attempt has of its pod. */
export interface Watched {
  readonly attempt: Attempt;
  readonly logs: PodLogs;
  /** Undefined before the pod was seen. */
  readonly feed: PodFeed | undefined;
  watch(pod: V1Pod): PodFeed;
}

/** Deletes the recorded pod, keeps its last words, and waits until it is gone. Trouble is told, never thrown. */
export async function takeDown(life: Watched): Promise<Cleanup> {
  const { cluster, recorder, context, limits } = life.attempt;
  const graceSeconds = graceOf(life.feed?.latest);
  const ref = recorder.state.pod;
  if (!ref) return { gone: true };
  const mainEnded = mainHasEnded(life);
  const expectSeconds = mainEnded ? Math.min(graceSeconds, SIDECAR_GRACE_SECONDS) : graceSeconds;
  const stopped = new AbortController();
  // Only a worker that shuts down may leave now; whoever is cancelled here has the deletion to do.
  const leave = () => context.cancellationDetails?.workerShutdown && stopped.abort();
  context.cancellationSignal.addEventListener('abort', leave);
  leave();
  if (mainEnded) await untilIt(life, (pod) => !isClosing(pod), PHASE_MS);
  // A stream must be open when the DELETE arrives: afterwards there may be no time to open one.
  await life.logs.opened(OPEN_MS);
  const drained = life.logs.drainOpen((expectSeconds + 5) * 1000);
  const cleanup = await removePod(cluster, ref, {
    expectSeconds,
    confirmMs: limits.terminate,
    ...(mainEnded && { graceSeconds: Math.max(1, expectSeconds) }),
    signal: stopped.signal,
  });
  await drained;
  context.cancellationSignal.removeEventListener('abort', leave);
  return cleanup;
}

/**
 * The kubelet tells the end of the containers first, and the end of the pod about a second later. A pod that is deleted in
 * between has to be terminated once more, which takes longer than to wait; one that is over vanishes with the DELETE.
 */
const isClosing = (pod: V1Pod) =>
  pod.status?.phase === 'Running' || pod.status?.phase === 'Pending'
    ? (pod.status.containerStatuses ?? []).every(({ state }) => state?.terminated)
    : false;

/** Waits until the pod is like this, is on its way out, or the time is up. */
export async function untilIt({ feed }: Watched, isSo: (pod: V1Pod) => boolean, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (feed && !feed.gone && !feed.latest.metadata?.deletionTimestamp && !isSo(feed.latest) && Date.now() < end)
    await feed.change(end - Date.now(), new AbortController().signal);
}

/** A pod that was not seen is given its own grace. */
export function mainHasEnded(life: Watched): boolean {
  return life.feed !== undefined && statusOf(life.feed.latest, life.attempt.main)?.state?.terminated !== undefined;
}

/** Also a pod whose create was answered too late for its uid to be recorded, and one that this attempt has not seen yet. */
export async function takeDownUnseen(life: Watched): Promise<Cleanup> {
  const { recorder, cluster } = life.attempt;
  if (recorder.state.cluster !== cluster.id) return { gone: false, error: otherCluster(recorder.state.pod).message };
  await see(life);
  // A 404 proves nothing here: the workflow's own cleanup looks again after the activity has closed.
  return recorder.state.pod ? takeDown(life) : { gone: false, error: 'there was no pod yet' };
}

/** Has a look at the pod, which this attempt may not have seen yet, and follows what it says. False: nobody could tell. */
export async function see(life: Watched): Promise<boolean> {
  const { recorder, cluster, key, namespace, podName } = life.attempt;
  if (recorder.state.cluster !== cluster.id) return false;
  try {
    const pod = life.feed?.latest ?? (await again(() => cluster.readPod(namespace, podName)));
    if (!pod || !belongsTo(pod, key)) return true;
    recorder.note({ pod: refOf(pod) });
    const feed = life.feed ?? life.watch(pod);
    // A container that has just started: its last words are only to be had now.
    await feed.refresh(LOOK_MS);
    if (!mainHasEnded(life)) life.logs.follow(feed);
    return true;
  } catch {
    // Whoever acts on the pod asks again, for longer.
    return false;
  }
}

/** Asks a few times: one bad answer must not cost a pod its last words. */
async function again<T>(work: () => Promise<T>, left = 5): Promise<T> {
  return work().catch((error: unknown) => {
    if (left === 0) throw error;
    return pause(200).then(() => again(work, left - 1));
  });
}

/** Retryable: a worker of the right cluster takes the next attempt. */
export const otherCluster = (pod: PodRef | undefined) =>
  ApplicationFailure.retryable(
    `pod ${pod?.namespace}/${pod?.name} lives in another cluster than the one this worker is configured for; ` +
      'give each Kubernetes cluster a task queue of its own',
    'OtherCluster',
  );
