/** Everything that has to be known of a pod before it may be deleted: its log to the last line, its result, its times. */
import { defined } from '../common/defined.ts';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEnd, PodOutcome, PodTimes } from '../contract/index.ts';
import { isInterruption } from './attempt.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { eventsFor } from './pod-events.ts';
import type { PodRun } from './pod-run.ts';
import { statusOf } from '../pod/status.ts';
import { fitting } from './recorder.ts';
import { withTrouble } from './result/found.ts';
import { judge } from './result/judge.ts';
import { readResult, sourceOf, type Drain } from './result/read-result.ts';

export interface Verdict {
  outcome: PodOutcome;
  /** Given up by us: its containers still run, and its last lines come with its deletion. */
  stillRuns: boolean;
  /** This attempt was interrupted already, and concludes all the same: only a shutdown cuts the callbacks off. */
  patient?: boolean;
}

/** How long the logs of what has ended in a pod that is given up are read: its deletion waits for that. */
const ENDED_MS = 2_000;

export async function concludePod(run: PodRun, { outcome, stillRuns, patient = false }: Verdict): Promise<PodEnd> {
  const { attempt, watcher, logs } = run;
  // What has ended in a pod that still runs may be the reason: a sidecar that crashed.
  const limitMs = stillRuns ? Math.min(ENDED_MS, attempt.limits.drain) : attempt.limits.drain;
  const drained = watcher ? logs.drain(watcher, limitMs) : Promise.resolve();
  // A skip has no result; that of a container which failed helps to find out why.
  const judged =
    watcher && !stillRuns && outcome.kind !== 'Skipped'
      ? await withOutput(run, outcome, watcher, drainOf(run, drained))
      : { outcome };
  await drained;
  const pod = watcher?.latest;
  const events = await eventsFor(attempt, judged.outcome);
  const unread = events && 'unread' in events ? [events.unread] : [];
  const { problems: resultProblems = [], ...known } = judged;
  const end: PodEnd = {
    ...known,
    times: timesOf(pod, attempt.main),
    logs: logs.summary(judged.outcome.container),
    ...(pod?.status?.phase && { phase: pod.status.phase }),
    ...(pod?.spec?.nodeName && { node: pod.spec.nodeName }),
    ...(events && 'events' in events && { events: events.events }),
  };
  await attempt.callbacks.onEnd(end, { patient });
  const problems = [...unread, ...resultProblems, ...logs.problems, ...attempt.callbacks.problems];
  return fitting({ ...end, ...(problems.length > 0 && { problems }) });
}

const drainOf = ({ attempt, logs }: PodRun, drained: Promise<void>): Drain => ({
  uri: logs.summary().uri,
  refusal: () => logs.refusalOf(attempt.main),
  drained,
  until: Date.now() + attempt.limits.drain,
});

async function withOutput(
  { attempt, outputs }: PodRun,
  outcome: PodOutcome,
  watcher: PodWatcher,
  drain: Drain,
): Promise<Pick<PodEnd, 'outcome' | 'output' | 'outputFile' | 'problems'>> {
  const succeeded = outcome.kind === 'Succeeded';
  const source = sourceOf(attempt.spec);
  const { schema, ...unchecked } = source;
  // What a failed container leaves is handed over as it is: its exit says more than a schema.
  const judged = await judge(
    await readResult(attempt, watcher, drain),
    succeeded ? source : { ...unchecked, required: false },
  );
  if ('trouble' in judged) return { outcome: succeeded ? withTrouble(outcome, judged.trouble) : outcome };
  if ('json' in judged) return { outcome, ...(await outputs.keep(drain.uri, judged)) };
  return { outcome, ...(judged.problem !== undefined && { problems: [judged.problem] }) };
}

/**
 * The result of a pod whose end another attempt has recorded, as JSON, for as long as the pod is there.
 *
 * @throws CancelledFailure when this attempt is to end
 */
export async function readResultAgain(run: PodRun): Promise<string | undefined> {
  const { attempt, watcher, logs } = run;
  if (!watcher || watcher.gone) return undefined;
  const drain = drainOf(run, logs.drain(watcher, attempt.limits.drain));
  try {
    const judged = await judge(await readResult(attempt, watcher, drain), sourceOf(attempt.spec));
    return 'json' in judged ? judged.json : undefined;
  } catch (error) {
    // The next attempt reads it; for any other reason it is lost.
    if (isInterruption(error)) throw error;
    return undefined;
  }
}

function timesOf(pod: V1Pod | undefined, main: string): PodTimes {
  const state = pod && statusOf(pod, main)?.state;
  const scheduled = pod?.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const iso = (time: Date | string | undefined) => (time ? new Date(time).toISOString() : undefined);
  const { startedAt, finishedAt } = state?.terminated ?? { startedAt: state?.running?.startedAt };
  return defined({
    created: iso(pod?.metadata?.creationTimestamp),
    scheduled: iso(scheduled?.lastTransitionTime),
    started: iso(startedAt),
    finished: iso(finishedAt),
  });
}
