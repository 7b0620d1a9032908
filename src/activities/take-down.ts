/** How an attempt makes its pod go: in order, with the last lines of its log, and seen to be gone. */
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodRef } from '../contract/index.ts';
import { retry } from '../common/retry.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { PodLogs } from './pod-logs.ts';
import type { PodRun } from './pod-run.ts';
import { belongsTo, refOf } from '../pod/identity.ts';
import { graceOf } from '../pod/deadlines.ts';
import { statusOf } from '../pod/status.ts';
import { removePod, type Removal } from './remove-pod.ts';

/** With the main container at its end, sidecars get no more than this many seconds. */
const SIDECAR_GRACE_SECONDS = 5;

/** How long a deletion waits for the log streams to be open. */
const OPEN_MS = 2_000;
/** How long a look before a deletion may take. */
const LOOK_MS = 5_000;
/** How long a pod whose containers have all ended is given to be over as a whole. */
export const PHASE_MS = 3_000;

/** Deletes the recorded pod, reads its log to the end, and waits until it is gone. Trouble is returned, never thrown. */
export async function takeDown(run: PodRun): Promise<Cleanup> {
  const { cluster, recorder, context, limits, waits } = run.attempt;
  const graceSeconds = graceOf(run.watcher?.latest);
  const ref = recorder.state.pod;
  if (!ref) return run.attempt.nothingCreated() ?? { gone: false, error: 'it is not known whether there was a pod' };
  // Only what was seen to be ours is deleted: the record is input, and a uid is no proof.
  if (!run.watcher && !(await lookAtPod(run))) return notRead(ref);
  if (!run.watcher) {
    await run.logs.closeStored();
    return { gone: true };
  }
  const mainEnded = mainHasEnded(run);
  const grace = mainEnded ? graceAfterMain(run.watcher.latest) : { expectSeconds: graceSeconds };
  const stopped = new AbortController();
  // Only a worker that shuts down may leave now; a cancelled attempt has the deletion to do.
  const leave = () => context.cancellationDetails?.workerShutdown && stopped.abort();
  context.cancellationSignal.addEventListener('abort', leave);
  leave();
  if (mainEnded) await untilFinalPhase(run.watcher);
  const cleanup = await removeReadingLogs(cluster, ref, run.logs, run.watcher, {
    ...grace,
    confirmMs: limits.terminate,
    heldMs: waits.held,
    signal: stopped.signal,
  });
  context.cancellationSignal.removeEventListener('abort', leave);
  return cleanup;
}

/** Of a pod whose main container has ended. Never 0, which frees the name and not the process. */
export function graceAfterMain(pod: V1Pod): Pick<Removal, 'graceSeconds' | 'expectSeconds'> {
  const expectSeconds = Math.min(graceOf(pod), SIDECAR_GRACE_SECONDS);
  return { expectSeconds, graceSeconds: Math.max(1, expectSeconds) };
}

/** Deletes a pod, and reads its logs to their end meanwhile. Trouble is returned, never thrown. */
export async function removeReadingLogs(
  cluster: Cluster,
  ref: PodRef,
  logs: PodLogs,
  watcher: PodWatcher,
  removal: Removal,
): Promise<Cleanup> {
  // A stream must be open when the DELETE arrives: afterwards there may be no time to open one.
  await logs.opened(OPEN_MS);
  const over = new AbortController();
  let gone = false;
  const drainMs = (removal.expectSeconds + 5) * 1000;
  const drained = logs.drainOpen(watcher, drainMs, { over: over.signal, isGone: () => gone });
  const cleanup = await removePod(cluster, ref, removal);
  ({ gone } = cleanup);
  over.abort();
  await drained;
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

export const untilFinalPhase = (watcher: PodWatcher, signal?: AbortSignal): Promise<void> =>
  waitForPod(watcher, (pod) => !isClosing(pod), PHASE_MS, signal);

/** Waits until the pod is like this, is on its way out, or the time is up. */
export async function waitForPod(
  watcher: PodWatcher,
  isSo: (pod: V1Pod) => boolean,
  ms: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const end = Date.now() + ms;
  const goesOn = ({ gone, latest }: PodWatcher) =>
    !gone && !latest.metadata?.deletionTimestamp && !isSo(latest) && Date.now() < end && !signal.aborted;
  while (goesOn(watcher)) await watcher.change(end - Date.now(), signal);
}

/** A pod that was not seen is given its own grace. */
export function mainHasEnded(run: PodRun): boolean {
  return run.watcher !== undefined && statusOf(run.watcher.latest, run.attempt.main)?.state?.terminated !== undefined;
}

/** Also a pod whose create was answered too late for its uid to be recorded, and one that this attempt has not seen yet. */
export async function takeDownUnseen(run: PodRun): Promise<Cleanup> {
  const { recorder, cluster } = run.attempt;
  if (recorder.state.cluster !== cluster.id) return { gone: false, error: otherCluster(recorder.state.pod).message };
  const isRead = await lookAtPod(run);
  const { pod } = recorder.state;
  // A 404 proves nothing here: the workflow's own cleanup looks again after the activity has closed.
  if (!pod) return { gone: false, error: 'there was no pod yet' };
  // It was asked for long enough just now.
  return isRead || run.watcher ? takeDown(run) : notRead(pod);
}

const notRead = ({ name }: PodRef): Cleanup => ({ gone: false, error: `pod ${name} could not be read` });

/**
 * Reads the pod, which this attempt may not have seen yet, and follows its logs. False: the API server did not answer, so what is known of it
 * may be old: its gate may be open since, and another may have marked it to be kept.
 */
export async function lookAtPod(run: PodRun): Promise<boolean> {
  const { recorder, cluster, key, namespace, podName, waits } = run.attempt;
  if (recorder.state.cluster !== cluster.id) return false;
  try {
    const isKnown = run.watcher !== undefined;
    const pod = run.watcher?.latest ?? (await retry(() => cluster.readPod(namespace, podName), waits.look));
    if (!pod || !belongsTo(pod, key)) return true;
    recorder.note({ pod: refOf(pod) });
    const watcher = run.watcher ?? run.watch(pod);
    // Of a container that has just started, the last lines can only be read now.
    const answered = await watcher.refresh(LOOK_MS);
    if (!mainHasEnded(run)) run.logs.follow(watcher);
    return answered || !isKnown;
  } catch {
    // What acts on the pod asks again, for longer.
    return false;
  }
}

/** Retryable: a worker of the right cluster takes the next attempt. */
export const otherCluster = (pod: PodRef | undefined) =>
  ApplicationFailure.retryable(
    `pod ${pod?.namespace}/${pod?.name} lives in another cluster than the one this worker is configured for; ` +
      'give each Kubernetes cluster a task queue of its own',
    'OtherCluster',
  );
