/** From the open gate to the moment when the pod's outcome is known, or its time is up. */
import type { V1Pod } from '@kubernetes/client-node';
import { log } from '@temporalio/activity';
import type { Attempt } from './attempt.ts';
import { CancelRequested } from './attempt.ts';
import type { Verdict } from './conclude.ts';
import type { PodFeed } from './pod-feed.ts';
import type { PodLogs } from './pod-logs.ts';
import { nextDue, waitingFor } from './pod/deadlines.ts';
import { everStarted, outcomeOf, statusOf } from './pod/outcome.ts';
import { sight, type Sightings } from './pod/sightings.ts';

export async function followPod(attempt: Attempt, feed: PodFeed, logs: PodLogs): Promise<Verdict> {
  let sightings: Sightings = {};
  let asked = false;
  let confirmed: number | undefined;
  for (;;) {
    await attempt.throwIfInterrupted();
    const pod = feed.latest;
    sightings = sight(sightings, pod, attempt.main);
    logs.follow(feed);
    show(attempt, pod);

    // A deletion that this attempt did not order may be the workflow's answer to a cancel: ask before judging it.
    if (!asked && (sightings.deletion !== undefined || feed.gone)) {
      asked = true;
      if ((await attempt.recorder.ask()) === 'cancelled') throw new CancelRequested();
      continue; // much may have happened meanwhile
    }

    const outcome = outcomeOf(pod, attempt.main, sightings);
    if (outcome) return { outcome, stillRuns: false };
    if (feed.gone) return { outcome: goneWithoutAWord(pod, feed.hasLastWord), stillRuns: false };
    const due = nextDue(pod, attempt.main, attempt.limits);
    if (Date.now() >= due.at) {
      if (confirmed === due.at) return { outcome: due.outcome, stillRuns: true };
      // The watch can be behind: no pod is given up for what it has done by now.
      confirmed = due.at;
      await feed.refresh(CONFIRM_MS);
      continue;
    }
    await feed.change(due.at - Date.now(), attempt.signal);
  }
}

const CONFIRM_MS = 5_000;

/** Only the last word of a pod tells that it never started; what was known before says nothing of what came after. */
const goneWithoutAWord = (pod: V1Pod, lastWord: boolean) => ({
  kind: 'PodDeleted' as const,
  reason: 'Gone',
  message: 'the pod is gone, and its last known state was not an end',
  startedEver: !lastWord || everStarted(pod),
});

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
