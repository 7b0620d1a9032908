/**
 * The workflow's own cleanup, on a task queue and slots of its own. Many cancels reach no attempt at all (retry backoff, a paused
 * activity, a dead worker), so it runs whenever the activity did not confirm that its pod is gone.
 */
import { Context, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Cleanup, DeletePodInput, LogOptions, PodRef } from '../contract/index.ts';
import { podKeyOf, servedNamespace } from './request.ts';
import type { PodDependencies } from './dependencies.ts';
import { ClusterError, isClusterError } from '../kubernetes/cluster-error.ts';
import { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { podFolders } from '../logs/index.ts';
import { ANNOTATION, belongsTo, isGated, podName, refOf, type PodKey } from '../pod/identity.ts';
import { atOnce } from '../common/at-once.ts';
import { defined } from '../common/defined.ts';
import { DEFAULT_MAIN_CONTAINER } from '../contract/defaults.ts';
import { pause } from '../common/pause.ts';
import { isOver } from './keep-pod.ts';
import { PodLogs, type LogsOf } from './pod-logs.ts';
import { removeReadingLogs } from './take-down.ts';
import { heartbeating } from './temporal-calls.ts';
import { waitsOf } from './waits.ts';

/** How long the logs of what has ended are read: no log keeps a pod for ever. */
const READ_MS = 30_000;
/** A create has 10 s for its answer, and some more until it is in the store. */
const CREATE_MAY_BE_UNDER_WAY_MS = 12_000;

export async function deletePod(dependencies: PodDependencies, input: DeletePodInput): Promise<Cleanup> {
  const context = Context.current();
  const work = { hurry: deleteOnce, confirm: confirmGone, keep: letRunOn }[input.mode];
  try {
    return await heartbeating(context, () => work(dependencies, input, context));
  } catch (error) {
    throw asFailure(error);
  }
}

/** So many pods are asked for, or removed, at once. */
export const AT_ONCE = 20;

/**
 * Confirms nothing: the create may still be under way, and the activity is about to look for itself. What has ended by itself is
 * left to those who read its log: gone at once, it could not be read.
 */
async function deleteOnce(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<Cleanup> {
  const { others = [], ...one } = input;
  await atOnce(AT_ONCE, [one, ...others], async (which) => {
    const pod = await ownPod(dependencies, which, context);
    if (pod && !isOver(pod)) await dependencies.cluster.deletePod(refOf(pod));
  });
  return { gone: false };
}

export async function confirmGone(
  dependencies: PodDependencies,
  input: DeletePodInput,
  context: Context,
): Promise<Cleanup> {
  const pod = await foundAtLast(dependencies, input, context);
  if (pod) return remove(dependencies, pod, input, context);
  await closeLogs(dependencies, input, context);
  return { gone: true };
}

/** For a cancelled task whose pod shall run on. One that never ran, or whose wish cannot be noted for the sweeper, goes. */
async function letRunOn(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<Cleanup> {
  const pod = await foundAtLast(dependencies, input, context);
  if (!pod) {
    await closeLogs(dependencies, input, context);
    return { gone: true };
  }
  const { keepUntil } = input;
  if (keepUntil === undefined || isGated(pod) || pod.metadata?.deletionTimestamp)
    return remove(dependencies, pod, input, context);
  try {
    await dependencies.cluster.annotatePod(refOf(pod), { [ANNOTATION.keepUntil]: keepUntil });
    return { gone: false, kept: keepUntil };
  } catch (error) {
    if (!isClusterError(error, 'forbidden')) throw error;
    const cleanup = await remove(dependencies, pod, input, context);
    return { ...cleanup, error: `it was to run on, and was deleted all the same: ${error.message}` };
  }
}

/** Looks once more, after the longest time for which a create can be under way, when nothing is known of a pod. */
async function foundAtLast(dependencies: PodDependencies, input: DeletePodInput, context: Context) {
  let pod = await ownPod(dependencies, input, context);
  if (!pod && input.uid === undefined) {
    await pause(CREATE_MAY_BE_UNDER_WAY_MS, context.cancellationSignal);
    // A worker that shuts down has not waited: the next one does.
    if (context.cancellationSignal.aborted) await context.cancelled;
    pod = await ownPod(dependencies, input, context);
  }
  return pod;
}

/** The activity has closed: nobody else reads the logs of its pod, so what was not read of them is read before it goes. */
async function remove(
  dependencies: PodDependencies,
  pod: V1Pod,
  input: DeletePodInput,
  context: Context,
): Promise<Cleanup> {
  const ref = refOf(pod);
  const expectSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
  const logs = new PodLogs(logsOf(dependencies, ref, input, context), dependencies);
  const watcher = new PodWatcher(dependencies.cluster, dependencies.reflector(ref.namespace), ref, pod);
  let cleanup: Cleanup;
  try {
    await logs.drain(watcher, READ_MS);
    const { held: heldMs } = waitsOf(dependencies.waits);
    const removal = { expectSeconds, heldMs, signal: context.cancellationSignal };
    cleanup = await removeReadingLogs(dependencies.cluster, ref, logs, watcher, removal);
  } finally {
    await logs.stop();
    watcher.close();
  }
  // Retried by Temporal until the workflow's patience is at its end; then the sweeper is left.
  if (!cleanup.gone && !cleanup.over) throw ApplicationFailure.retryable(cleanup.error ?? '', 'CleanupFailed');
  if (!cleanup.gone) log.warn(cleanup.error ?? '');
  else log.info(`deleted pod ${ref.namespace}/${ref.name}, which its activity left behind`);
  return cleanup;
}

/**
 * Says in the log of a pod that is gone that its end was not read, where it was not. Of one that is known and of which nothing is
 * stored, too: it may have started after the last attempt had looked.
 */
async function closeLogs(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<void> {
  const key = keyOf(dependencies, input, context);
  const stored = await podFolders(dependencies.logRoot, key).catch(() => []);
  const uids = new Set(stored.filter(({ activityId }) => activityId === input.activityId).map(({ uid }) => uid));
  if (input.uid !== undefined) uids.add(input.uid);
  for (const uid of uids) {
    const ref = { namespace: input.namespace ?? '', name: podName(input.task, key), uid };
    const main = uid === input.uid && { main: containerName.parse(input.mainContainer) };
    const logs = new PodLogs({ ...logsOf(dependencies, ref, input, context), ...main }, dependencies);
    await logs.closeStored().finally(() => logs.stop());
  }
}

const logsOf = (dependencies: PodDependencies, pod: PodRef, input: DeletePodInput, context: Context): LogsOf => ({
  cluster: dependencies.cluster,
  key: keyOf(dependencies, input, context),
  spec: { logs: limits.parse(input.logs) },
  recorder: { state: { pod } },
  waits: waitsOf(dependencies.waits),
  context,
  async throwIfInterrupted() {
    if (context.cancellationSignal.aborted) await context.cancelled;
  },
});

/** What comes from Temporal is input; what is no limit is none, and what is no name (it becomes that of a file) is not taken. */
const containerName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
  .catch(DEFAULT_MAIN_CONTAINER);
const bytes = (least: number) => z.int().min(least).optional().catch(undefined);
const limits = z
  .object({
    containers: z
      .union([z.literal('all'), z.array(z.string())])
      .optional()
      .catch(undefined),
    maxLineBytes: bytes(256),
    maxBytes: bytes(0),
  })
  .transform((logs): LogOptions => defined(logs))
  .catch({});

async function ownPod(dependencies: PodDependencies, input: Which, context: Context) {
  const { cluster } = dependencies;
  const key = keyOf(dependencies, input, context);
  if (input.cluster !== undefined && input.cluster !== cluster.id)
    throw ApplicationFailure.retryable('the pod lives in another cluster than the one of this worker', 'CleanupFailed');
  const namespace = servedNamespace(input, dependencies);
  const pod = await cluster.readPod(namespace, podName(input.task, key));
  return pod && belongsTo(pod, key) ? pod : undefined;
}

type Which = Pick<DeletePodInput, 'activityId' | 'task' | 'namespace' | 'cluster'>;

/** Of the activity whose pod it is. */
function keyOf(dependencies: PodDependencies, { activityId }: Which, { info }: Context): PodKey {
  const key = podKeyOf({ ...info, activityId }, dependencies);
  if (!key) throw ApplicationFailure.nonRetryable('deletePod runs in a workflow', 'InvalidSpec');
  return key;
}

export function asFailure(error: unknown): unknown {
  if (!(error instanceof ClusterError)) return error;
  const hopeless = error.kind === 'forbidden' || error.kind === 'invalid' || error.kind === 'namespaceNotFound';
  return ApplicationFailure.create({ type: 'CleanupFailed', message: error.message, nonRetryable: hopeless });
}
