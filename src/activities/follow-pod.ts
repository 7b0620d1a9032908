/** From the open gate to the moment when the pod's outcome is known, or its time is up. */
import type { V1Pod } from '@kubernetes/client-node';
import { log } from '@temporalio/activity';
import type { PodOutcome, PodRecord } from '../contract/index.ts';
import { statusOf, hasStarted } from '../pod/status.ts';
import { nextDeadline } from '../pod/next-deadline.ts';
import { outcomeOf, outcomeOfGone } from '../pod/outcome.ts';
import { deletionEvidence, type DeletionEvidence } from '../pod/deletion-evidence.ts';
import { remembered, troubleOf, waitingFor } from '../pod/waiting.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { pause } from '../common/pause.ts';
import { type Attempt, CancelRequested } from './attempt.ts';
import type { Verdict } from './conclude.ts';
import { UNANSWERED } from './failure-text.ts';
import { WaitingWarning, withLastWarning, unlessStopped } from './pod-events.ts';
import type { PodLogs } from './pod-logs.ts';

export async function followPod(attempt: Attempt, watcher: PodWatcher, logs: PodLogs): Promise<Verdict> {
  const start = new StartCall(attempt);
  const warning: WaitingWarning = new WaitingWarning(attempt, () => show(attempt, watcher.latest, warning));
  try {
    const verdict = await untilVerdict(attempt, watcher, logs, { start, warning });
    await start.settled();
    return verdict;
  } finally {
    warning.end();
  }
}

async function untilVerdict(
  attempt: Attempt,
  watcher: PodWatcher,
  logs: PodLogs,
  { start, warning }: { start: StartCall; warning: WaitingWarning },
): Promise<Verdict> {
  let evidence: DeletionEvidence = {};
  let asked = false;
  let confirmed: number | undefined;
  for (;;) {
    await attempt.throwIfInterrupted();
    const pod = watcher.latest;
    evidence = deletionEvidence(evidence, pod, attempt.main);
    logs.follow(watcher);
    const look = warning.see(pod);
    show(attempt, pod, warning);
    start.see(pod);

    // A deletion that this attempt did not order may be the workflow's answer to a cancel: ask before judging it.
    if (!asked && (evidence.deletion !== undefined || watcher.gone)) {
      asked = true;
      if ((await attempt.recorder.ask()) === 'cancelled') throw new CancelRequested();
      continue; // much may have happened meanwhile
    }

    const outcome = outcomeOf(pod, attempt.main, evidence, attempt.spec.exitCodes);
    if (outcome) return { outcome: await unlessStopped(attempt, outcome), stillRuns: false };
    if (watcher.gone) return { outcome: outcomeOfGone(pod, watcher.hasLastWord), stillRuns: false };
    const due = nextDeadline(pod, attempt.main, attempt.limits, troubleSeen(attempt, pod));
    if (Date.now() >= due.at) {
      if (confirmed === due.at) return { outcome: await lateOutcome(attempt, watcher, due.outcome), stillRuns: true };
      // The watch can be behind: no pod is given up for what it has done by now.
      confirmed = due.at;
      await watcher.refresh(attempt.waits.confirm);
      continue;
    }
    await watcher.change(Math.min(due.at, look) - Date.now(), attempt.signal);
  }
}

/** Judged by what was known last: where the API server has not answered since, its words are the reason and not the length of the task. */
function lateOutcome(attempt: Attempt, { trouble }: PodWatcher, outcome: PodOutcome): Promise<PodOutcome> | PodOutcome {
  if (trouble === undefined) return withLastWarning(attempt, outcome);
  return { ...outcome, message: `${outcome.message ?? ''}${UNANSWERED}${trouble}` };
}

/** Written down past the throttle, since its grace must not begin anew; nothing waits for that. */
function troubleSeen({ recorder }: Attempt, pod: V1Pod): PodRecord['trouble'] {
  const before = recorder.state.trouble;
  const trouble = remembered(troubleOf(pod), before, Date.now());
  // An attempt that cannot record it ends with the next thing that it must record.
  if (trouble !== before) recorder.record({ trouble }).catch(() => undefined);
  return trouble;
}

/** For the Web UI's Pending Activities, and once each for the worker's own log. */
function show(attempt: Attempt, pod: V1Pod, { text: warning }: WaitingWarning): void {
  const running = statusOf(pod, attempt.main)?.state?.running !== undefined;
  const waiting = running ? undefined : waitingFor(pod);
  const phase = pod.status?.phase ?? 'Pending';
  const words = warning ?? [waiting?.reason, waiting?.message].filter(Boolean).join(': ');
  const reason = pod.metadata?.deletionTimestamp
    ? 'Terminating'
    : words.slice(0, 500) || (running ? 'Running' : undefined);
  const node = pod.spec?.nodeName;
  const { state } = attempt.recorder;
  if (state.phase === phase && state.reason === reason && state.node === node) return;
  attempt.recorder.note({ phase, reason, node });
  log.info(`pod ${pod.metadata?.name}: ${phase}${reason && reason !== phase ? `, ${reason}` : ''}`, { node });
}

/** What an end waits for its start's callback: longer would keep the outcome from being recorded. */
const PATIENCE_MS = 10_000;

/** `onStart`, once an attempt: when the main container is first seen to run, or to have run. The pod is followed meanwhile. */
class StartCall {
  readonly #attempt: Attempt;
  #call: Promise<void> | undefined;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  see(pod: V1Pod): void {
    const main = statusOf(pod, this.#attempt.main);
    if (main && hasStarted(main)) this.#call ??= this.#attempt.callbacks.onStart(pod);
  }

  /** So that `onEnd` comes after it, and what it threw is among the problems. */
  async settled(): Promise<void> {
    const done = new AbortController();
    const call = this.#call?.finally(() => done.abort());
    if (call) await Promise.race([call, pause(PATIENCE_MS, AbortSignal.any([done.signal, this.#attempt.signal]))]);
  }
}
