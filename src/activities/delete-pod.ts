/**
 * The workflow's own cleanup, on a task queue and slots of its own. Many cancels reach no attempt at all (retry backoff, a paused
 * activity, a dead worker), so it runs whenever the activity did not confirm that its pod is gone.
 */
import { Context, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Cleanup, DeletePodInput } from '../types.ts';
import { servedNamespace } from './attempt.ts';
import type { PodDependencies } from './dependencies.ts';
import { refOf } from './birth.ts';
import { ClusterError } from './kubernetes/cluster-error.ts';
import { belongsTo, podName } from './pod/identity.ts';
import { pause } from './pause.ts';
import { removePod } from './remove-pod.ts';
import { heartbeating } from './temporal-calls.ts';

/** A create has 10 s for its answer, and some more until it is in the store. */
const CREATE_MAY_BE_UNDER_WAY_MS = 12_000;

export async function deletePod(dependencies: PodDependencies, input: DeletePodInput): Promise<Cleanup> {
  const context = Context.current();
  const work = input.mode === 'hurry' ? deleteOnce : confirmGone;
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
  let pod = await ownPod(dependencies, input, context);
  if (!pod && input.uid === undefined) {
    await pause(CREATE_MAY_BE_UNDER_WAY_MS, context.cancellationSignal);
    // A worker that shuts down has not waited: the next one does.
    if (context.cancellationSignal.aborted) await context.cancelled;
    pod = await ownPod(dependencies, input, context);
  }
  if (!pod) return { gone: true };
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
