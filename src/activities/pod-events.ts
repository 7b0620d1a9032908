/**
 * A kubelet that stops a main container which traps SIGTERM and ends with 0 leaves the pod as `Succeeded`, with no reason and no
 * condition: an eviction (kubernetes/kubernetes#141483, seen on 1.34), a probe that failed. Its events alone tell. They are best
 * effort, so this is the last guard against a false success and never the first.
 */
import type { PodEvent, PodOutcome } from '../contract/index.ts';
import { LAST_HEARD } from '../pod/due.ts';
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

/** The outcome in the words of the last warning about the pod, where its status has none. No answer is fine. */
export async function withLastWords({ cluster, recorder, spec }: Attempt, outcome: PodOutcome): Promise<PodOutcome> {
  const { pod } = recorder.state;
  if (!pod || spec.events === 'never' || !LATE.includes(outcome.kind) || outcome.message?.includes(LAST_HEARD))
    return outcome;
  const events = await cluster.podEvents(pod).catch(() => []);
  const last = events.findLast(({ type }) => type === 'Warning');
  if (!last) return outcome;
  return { ...outcome, reason: last.reason, message: `${outcome.message ?? ''}${LAST_HEARD}${last.message}` };
}

const LATE: readonly string[] = ['ScheduleTimeout', 'StartTimeout'] satisfies PodOutcome['kind'][];

/** Events help a reader, and no more: no answer is fine. */
export async function eventsFor({ spec, recorder, cluster }: Attempt, { kind }: PodOutcome) {
  const { pod } = recorder.state;
  const wanted = spec.events ?? 'onProblem';
  const well = kind === 'Succeeded' || kind === 'Skipped';
  if (!pod || wanted === 'never' || (well && wanted === 'onProblem')) return undefined;
  return cluster.podEvents(pod).catch(() => []);
}
