/**
 * A kubelet that stops a main container which traps SIGTERM and ends with 0 leaves the pod as `Succeeded`, with no reason and no
 * condition: an eviction (kubernetes/kubernetes#141483, seen on 1.34), a probe that failed. Its events alone tell. They are best
 * effort, so this is the last guard against a false success and never the first.
 */
import type { PodEvent, PodOutcome } from '../types.ts';
import type { Attempt } from './attempt.ts';

/** The outcome, unless it is a good one and the kubelet had stopped the main container. No answer is fine. */
export async function unlessStopped({ cluster, recorder, main }: Attempt, outcome: PodOutcome): Promise<PodOutcome> {
  const { pod } = recorder.state;
  if (!pod || (outcome.kind !== 'Succeeded' && outcome.kind !== 'Skipped')) return outcome;
  return stoppedBy(await cluster.podEvents(pod).catch(() => []), main, outcome);
}

/** A container that ends by itself is not stopped; `Killing` is said before the signal is sent. */
export function stoppedBy(events: readonly PodEvent[], main: string, outcome: PodOutcome): PodOutcome {
  const killing = events.filter(({ reason }) => reason === 'Killing').map(({ message }) => message);
  const probe = killing.find(
    (message) => /^Container (\S+) failed (liveness|startup) probe/.exec(message)?.[1] === main,
  );
  if (probe !== undefined) return { ...outcome, kind: 'ContainerFailed', reason: 'Unhealthy', message: probe };
  if (!killing.includes(`Stopping container ${main}`)) return outcome;
  const why = events.findLast(({ reason }) => /^(Evicted|Preempting|\w*Shutdown)$/.test(reason));
  return {
    ...outcome,
    kind: 'PodDisrupted',
    reason: why?.reason ?? 'Killing',
    message: why?.message ?? 'its node stopped it before it ended by itself',
  };
}
