/** Everything that has to be known of a pod before it may be deleted: its log to the last line, its result, its times. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEnd, PodOutcome, PodTimes } from '../types.ts';
import type { Attempt } from './attempt.ts';
import type { PodFeed } from './pod-feed.ts';
import type { PodLogs } from './pod-logs.ts';
import { statusOf } from './pod/outcome.ts';

/** How long a finished pod is kept for the sake of log lines that cannot be read; less than a worker has to shut down. */
const DRAIN_MS = 60_000;
/** Heartbeat details are stored with every heartbeat. */
const RECORD_BYTES = 24 * 1024;
const EVENTS = 5;

export interface Verdict {
  outcome: PodOutcome;
  /** Given up by us: its containers still run, and its last lines come with its deletion. */
  stillRuns: boolean;
}

export async function concludePod(
  attempt: Attempt,
  { outcome, stillRuns }: Verdict,
  feed: PodFeed | undefined,
  logs: PodLogs,
): Promise<PodEnd> {
  const pod = feed?.latest;
  if (feed && !stillRuns) await logs.drain(feed, DRAIN_MS);
  const judged = outcome.kind === 'Succeeded' && pod ? withOutput(outcome, pod, attempt.main) : { outcome };
  const ref = attempt.recorder.state.pod;
  const failed = judged.outcome.kind !== 'Succeeded';
  return fitting({
    ...judged,
    times: timesOf(pod, attempt.main),
    logs: logs.summary(),
    ...(pod?.status?.phase && { phase: pod.status.phase }),
    ...(pod?.spec?.nodeName && { node: pod.spec.nodeName }),
    // Events help a reader, and no more: no answer is fine.
    ...(failed && ref && { events: await attempt.cluster.podEvents(ref).catch(() => []) }),
  });
}

/** Cuts what is only for readers until the record is small enough; control characters take six bytes each as JSON. */
function fitting(end: PodEnd): PodEnd {
  const { outcome, logs, events } = end;
  const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);
  let fit: PodEnd = {
    ...end,
    outcome: { ...outcome, ...(outcome.message !== undefined && { message: cut(outcome.message, 1024) }) },
    ...(events && { events: events.slice(-EVENTS).map((event) => ({ ...event, message: cut(event.message, 500) })) }),
  };
  for (let { tail } = logs; Buffer.byteLength(JSON.stringify(fit)) > RECORD_BYTES && tail !== '';) {
    tail = tail.slice(Math.ceil(tail.length / 2));
    fit = { ...fit, logs: { ...logs, tail } };
  }
  return fit;
}

/** The termination message of a main container that succeeded is its result, as JSON; an empty one is no result. */
function withOutput(outcome: PodOutcome, pod: V1Pod, main: string): { outcome: PodOutcome; output?: unknown } {
  const message = statusOf(pod, main)?.state?.terminated?.message?.trim();
  if (!message) return { outcome };
  try {
    return { outcome, output: JSON.parse(message) as unknown };
  } catch {
    const hint = message.length >= 4096 ? 'it is cut at 4096 bytes; ' : '';
    return {
      outcome: { ...outcome, kind: 'ResultInvalid', message: `${hint}it begins with: ${message.slice(0, 200)}` },
    };
  }
}

function timesOf(pod: V1Pod | undefined, main: string): PodTimes {
  const state = pod && statusOf(pod, main)?.state;
  const iso = (time: Date | string | undefined) => (time ? new Date(time).toISOString() : undefined);
  const { startedAt, finishedAt } = state?.terminated ?? { startedAt: state?.running?.startedAt };
  return { created: iso(pod?.metadata?.creationTimestamp), started: iso(startedAt), finished: iso(finishedAt) };
}
