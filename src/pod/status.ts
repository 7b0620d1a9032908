/** What a pod's status says of its containers, and when it got where it is: whole seconds, the same whoever asks and when. */
import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

export function statusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === container);
}

/** Of all containers, init containers first. */
export const containerStatuses = (pod: V1Pod): V1ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

/** An init container that the kubelet starts again when it ends, and that the others do not wait for. */
export const isSidecar = ({ spec }: V1Pod, container: string): boolean =>
  spec?.initContainers?.some(({ name, restartPolicy }) => name === container && restartPolicy === 'Always') ?? false;

/** Init containers that have to end before the next one starts; a native sidecar runs beside the main container. */
export function ordinaryInits(pod: V1Pod): V1ContainerStatus[] {
  return (pod.status?.initContainerStatuses ?? []).filter(({ name }) => !isSidecar(pod, name));
}

/** An init container of which a process was killed for memory, whatever it ended with. */
export function starvedInit(pod: V1Pod): { name: string; ended: V1ContainerStateTerminated } | undefined {
  for (const { name, state } of ordinaryInits(pod))
    if (state?.terminated?.reason === 'OOMKilled') return { name, ended: state.terminated };
  return undefined;
}

/** Whether any container, init containers included, was ever started: only then may work have been done. */
export const everStarted = (pod: V1Pod): boolean => containerStatuses(pod).some(hasStarted);

/** Whether this container runs or has run. One that could not be started carries the start of the epoch. */
export const hasStarted = ({ state, lastState }: V1ContainerStatus): boolean =>
  state?.running !== undefined || isRealTime(state?.terminated?.startedAt) || hasRunBefore(lastState?.terminated);

/** Of a container that ran and was lost (its node was restarted) the kubelet knows no times. */
const hasRunBefore = (ended: V1ContainerStateTerminated | undefined) =>
  ended !== undefined && (isLost(ended) || isRealTime(ended.startedAt));

/**
 * An end that nobody saw, since the node was restarted; the exit code beside it is made up. The kubelet says it of a container that its
 * runtime does not know any more (137), and containerd of one that it finds without a process (255, seen on a node that lost power).
 */
export const isLost = ({ reason }: V1ContainerStateTerminated): boolean =>
  reason === 'ContainerStatusUnknown' || reason === 'Unknown';

const isRealTime = (time: Date | string | undefined) => seconds(time) > 0;

/** When it got its node, in ms since the epoch; undefined before. */
export function scheduledAt(pod: V1Pod): number | undefined {
  const condition = conditionOf(pod, 'PodScheduled');
  if (condition?.status === 'True') return 1000 * seconds(condition.lastTransitionTime);
  // Bound past the scheduler: the condition comes with the kubelet's first word.
  return pod.spec?.nodeName ? 1000 * seconds(pod.status?.startTime ?? pod.metadata?.creationTimestamp) : undefined;
}

/** How long init containers have run, those that still run left out. */
export function initTime(pod: V1Pod): number {
  // `lastState` has the run before a sandbox had to be made anew.
  const runs = ordinaryInits(pod).flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated]);
  return runs.reduce((sum, run) => {
    const started = seconds(run?.startedAt);
    return started > 0 ? sum + 1000 * Math.max(0, seconds(run?.finishedAt) - started) : sum;
  }, 0);
}

/** The init container that has its turn now, and since when. */
export function runningInit(pod: V1Pod): { name: string; since: number } | undefined {
  const found = ordinaryInits(pod).find(({ state }) => state?.running);
  return found && { name: found.name, since: 1000 * seconds(found.state?.running?.startedAt) };
}

export const runningSince = (pod: V1Pod, main: string): number | undefined => {
  const running = statusOf(pod, main)?.state?.running;
  return running && 1000 * seconds(running.startedAt);
};

/**
 * Since when the node of a running pod is silent. The node lifecycle controller then sets `Ready` to False and nothing else
 * (Kubernetes, pkg/controller/util/node: MarkPodsNotReady): the containers stay ready, and there is no reason, which a kubelet always
 * gives (ContainersNotReady, ReadinessGatesNotReady, PodCompleted). A kubelet that lives undoes it within seconds. A pod that was not ready
 * before cannot be told from one that goes on being so: it is found when the taint manager deletes it.
 */
export function silentSince(pod: V1Pod): number | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'False' || ready.reason) return undefined;
  return conditionOf(pod, 'ContainersReady')?.status === 'True' ? 1000 * seconds(ready.lastTransitionTime) : undefined;
}

export const conditionOf = (pod: V1Pod, type: string) =>
  pod.status?.conditions?.find((condition) => condition.type === type);

/** Whole seconds since the epoch of a Kubernetes time, which has no finer grain; 0 when there is none. */
export function seconds(time: Date | string | undefined): number {
  const ms = time === undefined ? NaN : new Date(time).getTime();
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

/**
 * In an earlier whole second. In the same one nobody can tell which came first, and a time that is not known (0) proves
 * nothing: a false success is the worse error.
 */
export const isEarlier = (first: number, second: number): boolean => first > 0 && second > 0 && first < second;
