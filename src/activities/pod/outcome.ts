/**
 * pod → outcome, pure. A killed pod must never pass for a success, so the evidence is read in a fixed order: the pod's own reason,
 * then a disruption, then a deletion we did not order, then the container's reason, and only then the exit code
 * (tektoncd/pipeline#6145, #1806; kubernetes/kubernetes#131530).
 */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { OutcomeKind, PodOutcome } from '../../types.ts';
import { isEarlier, seconds } from './seconds.ts';
import type { Sightings } from './sightings.ts';

/** A pod that is Failed for one of these was refused by its node before any container ran. */
const REJECTED =
  /^(OutOf\w+|UnexpectedAdmissionError|NodeAffinity|TopologyAffinityError|PodOSNotSupported|\w*AdmissionError)$/i;
const DISRUPTED = /^(Evicted|Preempting|NodeLost|NodeShutdown|Shutdown|Terminated|UnexpectedNodeShutdown)$/;

/** The outcome of a pod whose main container will not run (any more); undefined while it may. */
export function outcomeOf(pod: V1Pod, main: string, sightings: Sightings): PodOutcome | undefined {
  const ended = statusOf(pod, main)?.state?.terminated;
  const over = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (!ended && !over) return undefined;

  const startedEver = everStarted(pod);
  const as = (kind: OutcomeKind, more: Omit<PodOutcome, 'kind' | 'startedEver'>): PodOutcome =>
    defined({ kind, startedEver, ...more });
  const exitCode = ended?.exitCode;
  const { reason, message } = pod.status ?? {};

  if (reason === 'DeadlineExceeded') return as('DeadlineExceeded', { reason, message, exitCode });
  if (reason && over && DISRUPTED.test(reason)) return as('PodDisrupted', { reason, message, exitCode });
  if (reason && over && REJECTED.test(reason))
    return as(startedEver ? 'PodDisrupted' : 'PodRejected', { reason, message });

  const disruption = disruptionOf(pod);
  if (disruption && !isEarlier(seconds(ended?.finishedAt), seconds(disruption.lastTransitionTime)))
    return as('PodDisrupted', { reason: disruption.reason, message: disruption.message, exitCode });
  if (sightings.deletion !== undefined && !sightings.finishedByItself)
    return as('PodDeleted', { reason: 'Deleted', message: 'the pod was deleted while it ran', exitCode });

  const init = failedInit(pod);
  if (!ended && init)
    return as('InitContainerFailed', {
      container: init.name,
      reason: init.state?.terminated?.reason,
      message: init.state?.terminated?.message,
      exitCode: init.state?.terminated?.exitCode,
    });
  // Failed without a word about its containers: nobody saw it run.
  if (!ended)
    return as(startedEver ? 'PodDisrupted' : 'PodRejected', { reason: reason ?? 'NoContainerStatus', message });

  const container = { reason: ended.reason, message: ended.message, exitCode };
  // A child of the container's process can be killed for memory while the process itself ends with 0.
  if (ended.reason === 'OOMKilled') return as('OOMKilled', container);
  if (ended.reason === 'StartError' || ended.reason === 'ContainerCannotRun' || isCannotRun(ended.exitCode))
    return as('ContainerCannotRun', container);
  if (ended.exitCode !== 0) return as('ContainerFailed', container);
  return as('Succeeded', { reason: ended.reason, exitCode });
}

/** 126, 127 and 128 are what shells and runtimes answer when the command cannot be executed or found. */
const isCannotRun = (exitCode: number) => exitCode >= 126 && exitCode <= 128;

export function statusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === container);
}

/** Of all containers, init containers first. */
export const containerStatuses = (pod: V1Pod): V1ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

/** Whether any container, init containers included, was ever started: only then may work have been done. */
export function everStarted(pod: V1Pod): boolean {
  return containerStatuses(pod).some(
    ({ state, lastState }) =>
      state?.running !== undefined ||
      isRealTime(state?.terminated?.startedAt) ||
      isRealTime(lastState?.terminated?.startedAt),
  );
}

/** A container that could not be started carries the start of the epoch. */
const isRealTime = (time: Date | string | undefined) => seconds(time) > 0;

function disruptionOf(pod: V1Pod) {
  return pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
}

function failedInit(pod: V1Pod): V1ContainerStatus | undefined {
  const sidecars = pod.spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  return pod.status?.initContainerStatuses?.find(
    ({ name, state }) => state?.terminated?.exitCode && !sidecars.some((sidecar) => sidecar.name === name),
  );
}

/** Leaves out what is undefined, so that records and failures stay small and compare well. */
export function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
