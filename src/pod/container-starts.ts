/**
 * A native sidecar that ends is started again, and each start has a log of its own. Kubernetes serves two of them: that of
 * the present start, and the one before it (`previous`).
 */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { containerStatuses, hasStarted, isLost, isSidecar } from './status.ts';

/** One start of a container: `restart` is the container's restartCount at that time. */
export interface ContainerStart {
  container: string;
  restart: number;
}

export type StartState =
  | 'running'
  | 'ended'
  /** Ended, and started again since. */
  | 'previous'
  /** Started again more than once since: nobody has its log any more. */
  | 'lost'
  | 'waiting';

/** Every start whose log Kubernetes can be asked for now. */
export function containerStarts(pod: V1Pod): ContainerStart[] {
  return containerStatuses(pod).flatMap((status) => {
    const { name: container, restartCount, state } = status;
    const present = stateOf(status) === 'waiting' ? [] : [{ container, restart: restartCount }];
    const hasEarlier = restartCount > 0 && (state?.running ?? state?.terminated) !== undefined;
    return hasEarlier ? [{ container, restart: restartCount - 1 }, ...present] : present;
  });
}

export function stateOfStart(pod: V1Pod, { container, restart }: ContainerStart): StartState {
  const status = containerStatuses(pod).find(({ name }) => name === container);
  if (!status) return 'waiting';
  const { restartCount, state } = status;
  if (restartCount <= restart) return stateOf(status);
  return restartCount === restart + 1 && (state?.running ?? state?.terminated) ? 'previous' : 'lost';
}

/** Whether the kubelet starts it again when it ends. */
export const mayRestart = (pod: V1Pod, container: string): boolean =>
  isSidecar(pod, container) || pod.spec?.restartPolicy !== 'Never';

/** Whether the kubelet is about to start it again, now that it has ended. */
export const isRestartedNext = (pod: V1Pod, container: string): boolean =>
  mayRestart(pod, container) &&
  !pod.metadata?.deletionTimestamp &&
  // Beside main containers that have ended it starts no sidecar.
  !(pod.status?.containerStatuses ?? []).every(({ state }) => state?.terminated);

/**
 * One that waits to be started again still has the log of its last start. Of one that waited when its pod was deleted the kubelet says
 * that it has ended, and does not know when it began: there was no log.
 */
function stateOf(status: V1ContainerStatus): StartState {
  const { state, lastState } = status;
  if (state?.running) return 'running';
  if (state?.terminated && isLost(state.terminated) && !hasStarted(status)) return 'waiting';
  return state?.terminated || lastState?.terminated ? 'ended' : 'waiting';
}
