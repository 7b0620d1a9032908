/** When a pod got where it is, by its own status: whole seconds, in ms since the epoch, the same whoever asks and when. */
import type { V1Pod } from '@kubernetes/client-node';
import { ordinaryInits, statusOf } from './containers.ts';
import { seconds } from './seconds.ts';

/** When it got its node; undefined before. */
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
