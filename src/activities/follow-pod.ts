/** From the open gate to the moment when the pod's outcome is known, or its time is up. */
import type { V1Pod } from '@kubernetes/client-node';
import { log } from '@temporalio/activity';
import type { PodRecord } from '../contract/index.ts';
import { statusOf } from '../pod/containers.ts';
import { nextDue } from '../pod/due.ts';
import { outcomeOf, outcomeOfGone } from '../pod/outcome.ts';
import { sight, type Sightings } from '../pod/sightings.ts';
import { remembered, troubleOf } from '../pod/trouble.ts';
import { waitingFor } from '../pod/waiting.ts';
import { type Attempt, CancelRequested } from './attempt.ts';
import type { Verdict } from './conclude.ts';
import { withLastWords } from './last-words.ts';
import type { PodFeed } from './pod-feed.ts';
import type { PodLogs } from './pod-logs.ts';
import { StartCall } from './start-call.ts';
import { unlessStopped } from './stopped-by-node.ts';

export async function followPod(attempt: Attempt, feed: PodFeed, logs: PodLogs): Promise<Verdict> {
  const start = new StartCall(attempt);
  const verdict = await untilVerdict(attempt, feed, logs, start);
  await start.settled();
  return verdict;
}

async function untilVerdict(attempt: Attempt, feed: PodFeed, logs: PodLogs, start: StartCall): Promise<Verdict> {
  let sightings: Sightings = {};
  let asked = false;
  let confirmed: number | undefined;
  for (;;) {
    await attempt.throwIfInterrupted();
    const pod = feed.latest;
    sightings = sight(sightings, pod, attempt.main);
    logs.follow(feed);
    show(attempt, pod);
    start.see(pod);

    // A deletion that this attempt did not order may be the workflow's answer to a cancel: ask before judging it.
    if (!asked && (sightings.deletion !== undefined || feed.gone)) {
      asked = true;
      if ((await attempt.recorder.ask()) === 'cancelled') throw new CancelRequested();
      continue; // much may have happened meanwhile
    }

    const outcome = outcomeOf(pod, attempt.main, sightings, attempt.spec.exitCodes);
    if (outcome) return { outcome: await unlessStopped(attempt, outcome), stillRuns: false };
    if (feed.gone) return { outcome: outcomeOfGone(pod, feed.hasLastWord), stillRuns: false };
    const due = nextDue(pod, attempt.main, attempt.limits, troubleSeen(attempt, pod));
    if (Date.now() >= due.at) {
      if (confirmed === due.at) return { outcome: await withLastWords(attempt, due.outcome), stillRuns: true };
      // The watch can be behind: no pod is given up for what it has done by now.
      confirmed = due.at;
      await feed.refresh(CONFIRM_MS);
      continue;
    }
    await feed.change(due.at - Date.now(), attempt.signal);
  }
}

const CONFIRM_MS = 5_000;

/** Written down past the throttle, since its grace must not begin anew; nothing waits for that. */
function troubleSeen({ recorder }: Attempt, pod: V1Pod): PodRecord['trouble'] {
  const before = recorder.state.trouble;
  const trouble = remembered(troubleOf(pod), before, Date.now());
  if (trouble !== before) void recorder.record({ trouble });
  return trouble;
}

/** For the Web UI's Pending Activities, and once each for the worker's own log. */
function show(attempt: Attempt, pod: V1Pod): void {
  const running = statusOf(pod, attempt.main)?.state?.running !== undefined;
  const waiting = running ? undefined : waitingFor(pod);
  const phase = pod.status?.phase ?? 'Pending';
  const reason = pod.metadata?.deletionTimestamp
    ? 'Terminating'
    : [waiting?.reason, waiting?.message].filter(Boolean).join(': ').slice(0, 500) || (running ? 'Running' : undefined);
  const node = pod.spec?.nodeName;
  const { state } = attempt.recorder;
  if (state.phase === phase && state.reason === reason && state.node === node) return;
  attempt.recorder.note({ phase, reason, node });
  log.info(`pod ${pod.metadata?.name}: ${phase}${reason && reason !== phase ? `, ${reason}` : ''}`, { node });
}
