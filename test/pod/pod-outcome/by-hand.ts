/**
 * Endings that one local node cannot be brought to: recorded pods, edited as Kubernetes' own source says. Each names its place there
 * (release 1.34).
 */
import type { V1ContainerState, V1ContainerStatus, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { readRecording, type Recording, type State } from './recording.ts';

const SOME = 'deleted-traps-term';
const isRunning = ({ pod }: State) => pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;

/** A pod that was seen to run, and after it these. */
function afterRunning(about: string, ...more: ((running: V1Pod) => V1Pod)[]): Recording {
  const { kubernetes, states } = readRecording(SOME);
  const at = states.findIndex(isRunning);
  const before = states.slice(0, at + 1);
  const running = before.at(-1)?.pod ?? {};
  return {
    about,
    kubernetes,
    deleted: false,
    states: [...before, ...more.map((edit, index) => ({ at: 10 + index, pod: edit(structuredClone(running)) }))],
  };
}

const TIME = '2026-01-01T00:00:10Z' as unknown as Date;

const edited =
  (status: V1PodStatus, state?: V1ContainerState) =>
  (pod: V1Pod): V1Pod => ({
    ...pod,
    status: {
      ...pod.status,
      ...status,
      conditions: [...(pod.status?.conditions ?? []), ...(status.conditions ?? [])],
      ...(state && { containerStatuses: pod.status?.containerStatuses?.map((one) => ({ ...one, state })) ?? [] }),
    },
  });

const terminated = (exitCode: number, more = {}): V1ContainerState => ({
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: TIME, finishedAt: TIME, ...more },
});
const target = (reason: string, message: string) => [
  { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: TIME },
];

const UNSEEN = {
  reason: 'ContainerStatusUnknown',
  startedAt: null,
  finishedAt: null,
  message: 'The container could not be located when the pod was terminated',
};

/** What was running when the power went; an init container keeps the others from their start. */
function lostBy(pod: V1Pod, which: 'containerStatuses' | 'initContainerStatuses'): V1Pod {
  const lost = { terminated: { exitCode: 255, reason: 'Unknown', startedAt: TIME, finishedAt: TIME } };
  const waits = { waiting: { reason: 'PodInitializing' } };
  const [main] = pod.status?.containerStatuses ?? [];
  const status = (name: string, state: V1ContainerState) => ({ ...main, name, state }) as V1ContainerStatus;
  const statuses =
    which === 'containerStatuses'
      ? { containerStatuses: [status('base', lost)] }
      : { containerStatuses: [status('base', waits)], initContainerStatuses: [status('prepare', lost)] };
  return { ...pod, status: { ...pod.status, phase: 'Failed', ...statuses } };
}

export const byHand: Record<string, Recording> = {
  'node-shutdown': afterRunning(
    'pkg/kubelet/nodeshutdown: the node shuts down in good order, and the container ends with 143',
    edited(
      {
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
        conditions: target('TerminationByKubelet', 'Pod was terminated in response to imminent node shutdown.'),
      },
      terminated(143),
    ),
  ),
  'node-shutdown-traps-term': afterRunning(
    'the same; it traps TERM and ends with 0, and the condition was written before that',
    edited({ conditions: target('TerminationByKubelet', 'Pod was terminated in response to imminent node shutdown.') }),
    edited(
      {
        phase: 'Succeeded',
        conditions: target('TerminationByKubelet', 'Pod was terminated in response to imminent node shutdown.'),
      },
      terminated(0),
    ),
  ),
  'preempted-by-kubelet': afterRunning(
    'pkg/kubelet/preemption: room was needed for a critical pod',
    edited(
      {
        phase: 'Failed',
        reason: 'Preempting',
        message: 'Preempted in order to admit critical pod',
        conditions: target('TerminationByKubelet', 'Preempted in order to admit critical pod'),
      },
      terminated(137),
    ),
  ),
  'evicted-for-memory': afterRunning(
    'pkg/kubelet/eviction: the node had too little memory',
    edited(
      {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi.',
        conditions: target('TerminationByKubelet', 'The node was low on resource: memory.'),
      },
      terminated(137),
    ),
  ),
  'lost-by-a-restarted-node': afterRunning(
    'pkg/kubelet/kubelet_pods.go and status: the node was restarted, and its runtime knows nothing of the container',
    (pod) => {
      const containerStatuses = (pod.status?.containerStatuses ?? []).map((one) => ({
        ...one,
        restartCount: 1,
        state: terminated(137, UNSEEN),
        lastState: terminated(137, {
          ...UNSEEN,
          message: 'The container could not be located when the pod was deleted.  The container used to be Running',
        }),
      }));
      return { ...pod, status: { ...pod.status, phase: 'Failed', containerStatuses } };
    },
  ),
  'lost-by-a-restarted-runtime': afterRunning('seen with containerd 2: the node lost power and came back', (pod) =>
    lostBy(pod, 'containerStatuses'),
  ),
  'init-lost-by-a-restarted-runtime': afterRunning('the same, while an init container ran', (pod) =>
    lostBy(pod, 'initContainerStatuses'),
  ),
  'rejected-by-admission': {
    ...readRecording('rejected-out-of-cpu'),
    about: 'pkg/kubelet/cm/devicemanager: a device was promised twice',
    states: readRecording('rejected-out-of-cpu').states.map(({ at, pod }) => ({
      at,
      pod:
        pod.status?.phase === 'Failed'
          ? {
              ...pod,
              status: {
                ...pod.status,
                reason: 'UnexpectedAdmissionError',
                message: 'Pod was rejected: Allocate failed due to no healthy devices present, which is unexpected',
              },
            }
          : pod,
    })),
  },
  'silent-and-not-ready-before': afterRunning(
    'pkg/controller/util/node: a pod whose readiness gate is not set is not ready already, so nothing changes',
    (pod) => {
      const conditions = (pod.status?.conditions ?? []).map((one) =>
        one.type === 'Ready' ? { ...one, status: 'False', reason: 'ReadinessGatesNotReady' } : one,
      );
      return { ...pod, status: { ...pod.status, conditions } };
    },
  ),
};
