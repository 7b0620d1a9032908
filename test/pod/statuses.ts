/** Pods as the API server shows them, cut to what is read. Shapes taken from real pods of Kubernetes 1.34. */
import type { V1ContainerState, V1Pod, V1PodStatus } from '@kubernetes/client-node';

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second));

export const time = at;

export function podWith(status: V1PodStatus, metadata: V1Pod['metadata'] = {}): V1Pod {
  return {
    metadata: { name: 'task-0123', namespace: 'n', uid: 'u-1', creationTimestamp: at(0), ...metadata },
    spec: { containers: [{ name: 'base' }] },
    status,
  };
}

export const container = (state: V1ContainerState, name = 'base') => ({
  name,
  state,
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
});

export const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error', more = {}) => ({
  terminated: { exitCode, reason, startedAt: at(1), finishedAt: at(10), ...more },
});

export const finished = (exitCode: number, reason?: string, metadata: V1Pod['metadata'] = {}): V1Pod =>
  podWith(
    { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [container(ended(exitCode, reason))] },
    metadata,
  );

export const running = (metadata: V1Pod['metadata'] = {}): V1Pod =>
  podWith({ phase: 'Running', containerStatuses: [container({ running: { startedAt: at(1) } })] }, metadata);

export const waiting = (reason: string, message?: string): V1Pod =>
  podWith({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(1) }],
    containerStatuses: [container({ waiting: { reason, ...(message && { message }) } })],
  });

/** `deletionTimestamp` lies one grace period ahead of the DELETE, which was made at `second`. */
export const deletedAt = (second: number, grace = 30) => ({
  deletionTimestamp: at(second + grace),
  deletionGracePeriodSeconds: grace,
});

export const unscheduled = (message: string): V1Pod =>
  podWith({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
  });

/** Runs, and in second `second` the node controller took its node for dead. A `reason` would be a kubelet's. */
export function silent(second: number, more: { reason?: string } = {}): V1Pod {
  const pod = running();
  const conditions = [
    { type: 'Ready', status: 'False', lastTransitionTime: at(second), ...more },
    { type: 'ContainersReady', status: 'True', lastTransitionTime: at(2) },
  ];
  return { ...pod, status: { ...pod.status, conditions } };
}
