/** Why a pod does not run yet, in Kubernetes' words. */
import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { conditionOf } from './clocks.ts';
import { containerStatuses } from './containers.ts';

export interface Waiting {
  reason: string;
  message?: string;
}

export function waitingFor(pod: V1Pod): Waiting | undefined {
  const stuck = containerStatuses(pod).find(({ state }) => state?.waiting?.reason && !isOrdinary(state.waiting.reason));
  if (stuck) return ofContainer(pod, stuck);
  const unscheduled = conditionOf(pod, 'PodScheduled');
  // A gate that is gone is still told for a moment.
  const isStale = unscheduled?.reason === 'SchedulingGated' && !pod.spec?.schedulingGates?.length;
  if (unscheduled?.status === 'False' && !isStale)
    return waiting(unscheduled.reason ?? 'Unschedulable', unscheduled.message);
  const sidecar = pod.status?.initContainerStatuses?.find(({ state, started }) => state?.running && started === false);
  if (sidecar && isSidecar(pod, sidecar.name))
    return waiting('SidecarNotStarted', `sidecar ${sidecar.name} runs, but its startup probe has not passed`);
  // Between two of its lives, and Kubernetes says only that the pod is initializing.
  const crashed = pod.status?.initContainerStatuses?.find(
    ({ name, state }) => state?.terminated && isSidecar(pod, name),
  );
  if (crashed) return waiting('SidecarNotStarted', `sidecar ${crashed.name} ${endOf(crashed.state?.terminated)}`);
  const ordinary = containerStatuses(pod).find(({ state }) => state?.waiting?.reason);
  return ordinary && ofContainer(pod, ordinary);
}

function ofContainer(pod: V1Pod, { name, state, lastState }: V1ContainerStatus): Waiting {
  const { reason = '', message } = state?.waiting ?? {};
  // Only sidecars restart: why the last one ended says more than how long the next one waits.
  const before = lastState?.terminated;
  if (!before) return waiting(reason, message);
  const words = `${isSidecar(pod, name) ? 'sidecar' : 'container'} ${name} ${endOf(before)}`;
  return waiting(reason, message ? `${words}; ${message}` : words);
}

const endOf = (end: V1ContainerStateTerminated | undefined) =>
  `ended with exit code ${end?.exitCode}${end?.reason ? ` (${end.reason})` : ''}`;

const isSidecar = (pod: V1Pod, name: string) =>
  pod.spec?.initContainers?.some((one) => one.name === name && one.restartPolicy === 'Always') ?? false;

const waiting = (reason: string, message: string | undefined) => ({ reason, ...(message ? { message } : {}) });

const isOrdinary = (reason: string) => reason === 'ContainerCreating' || reason === 'PodInitializing';
