/**
 * The workflow's own cleanup, on a task queue and slots of its own. Many cancels reach no attempt at all (retry backoff, a paused
 * activity, a dead worker), so it runs whenever the activity did not confirm that its pod is gone.
 */
import { Context, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, DeletePodInput } from '../contract/index.ts';
import { servedNamespace } from './request.ts';
import type { PodDependencies } from './dependencies.ts';
import { refOf } from '../pod/identity.ts';
import { ClusterError, isClusterError } from '../kubernetes/cluster-error.ts';
import { ANNOTATION, belongsTo, isGated, podName } from '../pod/identity.ts';
import { pause } from '../common/pause.ts';
import { removePod } from './remove-pod.ts';
import { heartbeating } from './temporal-calls.ts';

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

/** Confirms nothing: the create may still be under way, and the activity is about to look for itself. */
async function deleteOnce(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<Cleanup> {
  const pod = await ownPod(dependencies, input, context);
  if (pod) await dependencies.cluster.deletePod(refOf(pod));
  return { gone: false };
}

async function confirmGone(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<Cleanup> {
  const pod = await foundAtLast(dependencies, input, context);
  return pod ? remove(dependencies, pod, context) : { gone: true };
}

/** For a cancelled task whose pod shall run on. One that never ran, or whose wish cannot be noted for the sweeper, goes. */
async function letRunOn(dependencies: PodDependencies, input: DeletePodInput, context: Context): Promise<Cleanup> {
  const pod = await foundAtLast(dependencies, input, context);
  if (!pod) return { gone: true };
  const { keepUntil } = input;
  if (keepUntil === undefined || isGated(pod) || pod.metadata?.deletionTimestamp)
    return remove(dependencies, pod, context);
  try {
    await dependencies.cluster.annotatePod(refOf(pod), { [ANNOTATION.keepUntil]: keepUntil });
    return { gone: false, kept: keepUntil };
  } catch (error) {
    if (!isClusterError(error, 'forbidden')) throw error;
    const cleanup = await remove(dependencies, pod, context);
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

async function remove(dependencies: PodDependencies, pod: V1Pod, context: Context): Promise<Cleanup> {
  const ref = refOf(pod);
  const cleanup = await removePod(dependencies.cluster, ref, {
    expectSeconds: pod.spec?.terminationGracePeriodSeconds ?? 30,
    signal: context.cancellationSignal,
  });
  // Retried by Temporal until the workflow's patience is at its end; then the sweeper is left.
  if (!cleanup.gone) throw ApplicationFailure.retryable(cleanup.error ?? '', 'CleanupFailed');
  log.info(`deleted pod ${ref.namespace}/${ref.name}, which its activity left behind`);
  return cleanup;
}

async function ownPod(dependencies: PodDependencies, input: DeletePodInput, { info }: Context) {
  const { workflowExecution } = info;
  if (!workflowExecution) throw ApplicationFailure.nonRetryable('deletePod runs in a workflow', 'InvalidSpec');
  const { cluster } = dependencies;
  if (input.cluster !== undefined && input.cluster !== cluster.id)
    throw ApplicationFailure.retryable('the pod lives in another cluster than the one of this worker', 'CleanupFailed');
  const key = {
    temporalNamespaceId: dependencies.temporalNamespaceId,
    ...workflowExecution,
    activityId: input.activityId,
  };
  const namespace = servedNamespace(input, dependencies);
  const pod = await cluster.readPod(namespace, podName(input.task, key));
  return pod && belongsTo(pod, key) ? pod : undefined;
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof ClusterError)) return error;
  const hopeless = error.kind === 'forbidden' || error.kind === 'invalid' || error.kind === 'namespaceNotFound';
  return ApplicationFailure.create({ type: 'CleanupFailed', message: error.message, nonRetryable: hopeless });
}
