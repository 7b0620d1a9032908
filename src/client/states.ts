/** What to say about a pod that is under way, or has just ended. Pure. */
import type { LogSummary, PodRecord } from '../contract/index.ts';
import { shortened } from '../common/shortened.ts';
import { lengthText, momentText } from './time-text.ts';
import type { PodEnd } from './run-events.ts';

export interface PendingPod {
  readonly activityId: string;
  readonly state: 'scheduled' | 'started' | 'cancel requested' | 'paused';
  readonly attempt: number;
  /** The last heartbeat. */
  readonly record?: PodRecord | undefined;
  readonly lastFailure?: string | undefined;
  readonly scheduledMs: number;
}

/** A task that no worker has taken by then is worth a word. */
const LONG_IN_QUEUE_MS = 2_000;

const LONGEST_REASON = 160;

/** A kubelet tells the same failure of a pull under two names by turns, and the second one repeats the first. */
const BACK_OFF = /^ImagePullBackOff: Back-off pulling image "[^"]*": (?=ErrImagePull: )/;

const LONG_DELETION_MS = 5_000;

/** Undefined: nothing worth saying. */
export function pendingText(pending: PendingPod, now: number): string | undefined {
  const { state, attempt, record, lastFailure, scheduledMs } = pending;
  const pod = record?.pod?.name;
  if (state === 'paused') return 'paused, until somebody unpauses it in Temporal';
  if (record?.ended) return deletingText(record, now);
  if (state === 'cancel requested') return pod ? `stopping ${pod}` : 'stopping';
  if (state === 'scheduled' && attempt > 1) {
    // Without a failure: somebody has unpaused or reset it.
    const why = lastFailure ? `interrupted (${firstLine(lastFailure)}); ` : '';
    return `${why}the next worker goes on${pod ? ` with ${pod}` : ''}`;
  }
  if (state === 'scheduled')
    return now - scheduledMs > LONG_IN_QUEUE_MS ? 'waiting for a worker with a free slot' : undefined;
  return record && recordText(record);
}

/** Its end is told when the pod is gone; before that only if it takes long. */
function deletingText({ pod, ended }: PodRecord, now: number): string | undefined {
  const finished = ended?.times.finished;
  if (finished && now - Date.parse(finished) < LONG_DELETION_MS) return undefined;
  return `${pod?.name} has ended (${ended?.outcome.kind}); deleting it`;
}

function recordText({ pod, phase = 'Pending', reason = '', node }: PodRecord): string | undefined {
  if (!pod) return reason ? `no pod yet: ${firstLine(reason)}` : undefined;
  const where = `${pod.name}${node ? ` on ${node}` : ''}`;
  if (reason === 'Terminating') return `${where} is being deleted`;
  if (reason === 'Created') return `created ${pod.name}`;
  if (phase === 'Running' && (reason === '' || reason === 'Running')) return `running in ${where}`;
  return `${phase.toLowerCase()} in ${where}${reason && reason !== phase ? `: ${firstLine(reason.replace(BACK_OFF, ''))}` : ''}`;
}

export function endText({ how, why, skipped, reused, exitCode, times, logs, cleanup }: PodEnd): string {
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  switch (how) {
    case 'done': {
      if (reused) return `done already, in ${reused.workflowId}`;
      if (skipped) return `skipped by its own word${code}${missingText(logs)}`;
      const took = tookOf(times);
      return `done${took === undefined ? '' : ` in ${lengthText(took)}`}${missingText(logs)}`;
    }
    case 'cancelled':
      return `cancelled${cleanup?.gone ? ', its pod is gone' : ''}${missingText(logs)}`;
    case 'failed':
    case 'timed out':
      return `${how}${why ? ` (${why.split(':', 1)[0]}${code})` : ''}${missingText(logs)}`;
  }
}

/** Of a pod that is kept on purpose; undefined when it is not. */
export function keptText({ pod, cleanup }: Pick<PodEnd, 'pod' | 'cleanup'>): string | undefined {
  return cleanup?.kept ? `its pod is kept until ${cleanup.kept.slice(0, 19)}Z${lookText(pod)}` : undefined;
}

/** Of a task that waits while its failed pod is looked at. */
export const debugText = ({ pod, debugUntil }: PodEnd, endDebug: string): string | undefined =>
  debugUntil === undefined
    ? undefined
    : `its failed pod is kept for debugging until ${momentText(debugUntil)}${lookText(pod)}; to go on before that: ${endDebug}`;

const lookText = (pod: PodEnd['pod']) =>
  pod ? `; look at it: kubectl -n ${pod.namespace} describe pod ${pod.name}` : '';

function missingText(logs: LogSummary | undefined): string {
  const { gaps = 0, dropped } = logs ?? {};
  const texts = [
    ...(gaps ? [`its log has ${gaps === 1 ? 'a gap' : `${gaps} gaps`}`] : []),
    ...(dropped
      ? [`${gaps ? 'at least ' : ''}${dropped.lines} lines (${dropped.bytes} bytes) were left out of its log`]
      : []),
  ];
  return texts.map((text) => `; ${text}`).join('');
}

/** Milliseconds of the main container; Kubernetes counts in whole seconds. */
export function tookOf(times: PodEnd['times']): number | undefined {
  return times?.started && times.finished ? Date.parse(times.finished) - Date.parse(times.started) : undefined;
}

const firstLine = (text: string) => shortened(text.trim().split('\n', 1)[0] ?? '', LONGEST_REASON);
