/**
 * A kubelet that stops a main container which traps SIGTERM and ends with 0 leaves the pod as `Succeeded`, with no reason and no
 * condition: an eviction (kubernetes/kubernetes#141483, seen on 1.34), a probe that failed. Its events alone tell. They are best
 * effort, so this is the last guard against a false success and never the first.
 */
import type { PodEvent, PodOutcome } from '../contract/index.ts';
import type { Attempt } from './attempt.ts';

/** The outcome, unless it is a good one and the kubelet had stopped the main container. No answer is fine. */
export async function unlessStopped({ cluster, recorder, main }: Attempt, outcome: PodOutcome): Promise<PodOutcome> {
  const { pod } = recorder.state;
  if (!pod || (outcome.kind !== 'Succeeded' && outcome.kind !== 'Skipped')) return outcome;
  return stoppedBy(await cluster.podEvents(pod).catch(() => []), main, outcome);
}

/** A container that ends by itself is not stopped; `Killing` is said before the signal is sent. */
export function stoppedBy(events: readonly PodEvent[], main: string, outcome: PodOutcome): PodOutcome {
  const stopped = events.some(
    ({ reason, message }) => reason === 'Killing' && message === `Stopping container ${main}`,
  );
  if (!stopped) return outcome;
  const evicted = events.findLast(({ reason }) => /^(Evicted|Preempting|\w*Shutdown)$/.test(reason));
  if (evicted) return { ...outcome, kind: 'PodDisrupted', reason: evicted.reason, message: evicted.message };
  const probe = events.findLast(({ message }) => /^(Liveness|Startup) probe failed/.test(message));
  if (probe) return { ...outcome, kind: 'ContainerFailed', reason: 'Unhealthy', message: probe.message };
  const message = 'its node stopped it before it ended by itself';
  return { ...outcome, kind: 'PodDisrupted', reason: 'Killing', message };
}
