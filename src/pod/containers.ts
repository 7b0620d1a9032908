/** What a pod's status says of its containers. */
import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { seconds } from './seconds.ts';

export function statusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === container);
}

/** Of all containers, init containers first. */
export const containerStatuses = (pod: V1Pod): V1ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

/** Init containers that have to end before the next one starts; a native sidecar runs beside the main container. */
export function ordinaryInits(pod: V1Pod): V1ContainerStatus[] {
  const sidecars = pod.spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  return (pod.status?.initContainerStatuses ?? []).filter(({ name }) => !sidecars.some((one) => one.name === name));
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
  ended !== undefined && (ended.reason === LOST || isRealTime(ended.startedAt));

/** Reason of an end that nobody saw; the exit code 137 beside it is made up. */
export const LOST = 'ContainerStatusUnknown';

const isRealTime = (time: Date | string | undefined) => seconds(time) > 0;
