/** Everything that has to be known of a pod before it may be deleted: its log to the last line, its result, its times. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEnd, PodOutcome, PodTimes } from '../contract/index.ts';
import { isInterruption, type Attempt } from './attempt.ts';
import type { PodFeed } from './pod-feed.ts';
import type { PodLogs } from './pod-logs.ts';
import { statusOf } from '../pod/containers.ts';
import { fitting } from './result/fitting.ts';
import { withTrouble } from './result/found.ts';
import { judge } from './result/judge.ts';
import type { Outputs } from './result/outputs.ts';
import { readResult, sourceOf, type Drain } from './result/read-result.ts';

export interface Verdict {
  outcome: PodOutcome;
  /** Given up by us: its containers still run, and its last lines come with its deletion. */
  stillRuns: boolean;
  /** This attempt was interrupted already, and concludes all the same: only a shutdown cuts the callbacks off. */
  patient?: boolean;
}

export async function concludePod(
  attempt: Attempt,
  { outcome, stillRuns, patient = false }: Verdict,
  feed: PodFeed | undefined,
  logs: PodLogs,
  outputs: Outputs,
): Promise<PodEnd> {
  const drained = feed && !stillRuns ? logs.drain(feed, attempt.limits.drain) : Promise.resolve();
  // A failure shows no result, and a skip has none.
  const judged =
    outcome.kind === 'Succeeded' && feed
      ? await withOutput(attempt, outcome, feed, drainOf(attempt, logs, drained), outputs)
      : { outcome };
  await drained;
  const pod = feed?.latest;
  const events = await eventsOf(attempt, judged.outcome);
  const end: PodEnd = {
    ...judged,
    times: timesOf(pod, attempt.main),
    logs: logs.summary(judged.outcome.container),
    ...(pod?.status?.phase && { phase: pod.status.phase }),
    ...(pod?.spec?.nodeName && { node: pod.spec.nodeName }),
    ...(events && { events }),
  };
  await attempt.callbacks.onEnd(end, { patient });
  const problems = [...logs.problems, ...attempt.callbacks.problems];
  return fitting({ ...end, ...(problems.length > 0 && { problems }) });
}

const drainOf = ({ limits, main }: Attempt, logs: PodLogs, drained: Promise<void>): Drain => ({
  uri: logs.summary().uri,
  refusal: () => logs.refusalOf(main),
  drained,
  until: Date.now() + limits.drain,
});

async function withOutput(
  attempt: Attempt,
  outcome: PodOutcome,
  feed: PodFeed,
  drain: Drain,
  outputs: Outputs,
): Promise<Pick<PodEnd, 'outcome' | 'output' | 'outputFile'>> {
  const judged = judge(await readResult(attempt, feed, drain), sourceOf(attempt));
  if ('trouble' in judged) return { outcome: withTrouble(outcome, judged.trouble) };
  return { outcome, ...('json' in judged && (await outputs.keep(drain.uri, judged))) };
}

/**
 * The result of a pod whose end another attempt has recorded, as JSON, for as long as the pod is there.
 *
 * @throws CancelledFailure when this attempt is to end
 */
export async function readAgain(
  attempt: Attempt,
  feed: PodFeed | undefined,
  logs: PodLogs,
): Promise<string | undefined> {
  if (!feed || feed.gone) return undefined;
  const drain = drainOf(attempt, logs, logs.drain(feed, attempt.limits.drain));
  try {
    const judged = judge(await readResult(attempt, feed, drain), sourceOf(attempt));
    return 'json' in judged ? judged.json : undefined;
  } catch (error) {
    // The next attempt reads it; for any other reason it is lost.
    if (isInterruption(error)) throw error;
    return undefined;
  }
}

/** Events help a reader, and no more: no answer is fine. */
async function eventsOf({ spec, recorder, cluster }: Attempt, { kind }: PodOutcome) {
  const { pod } = recorder.state;
  const wanted = spec.events ?? 'onProblem';
  const well = kind === 'Succeeded' || kind === 'Skipped';
  if (!pod || wanted === 'never' || (well && wanted === 'onProblem')) return undefined;
  return cluster.podEvents(pod).catch(() => []);
}

function timesOf(pod: V1Pod | undefined, main: string): PodTimes {
  const state = pod && statusOf(pod, main)?.state;
  const scheduled = pod?.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const iso = (time: Date | string | undefined) => (time ? new Date(time).toISOString() : undefined);
  const { startedAt, finishedAt } = state?.terminated ?? { startedAt: state?.running?.startedAt };
  return {
    created: iso(pod?.metadata?.creationTimestamp),
    scheduled: iso(scheduled?.lastTransitionTime),
    started: iso(startedAt),
    finished: iso(finishedAt),
  };
}
