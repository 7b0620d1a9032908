/** What to say about a pod that is under way, or has just ended. Pure. */
import type { PodRecord } from '../types.ts';
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

const LONG_DELETION_MS = 5_000;

/** Undefined: nothing worth saying. */
export function pendingText(pending: PendingPod, now: number): string | undefined {
  const { state, attempt, record, lastFailure, scheduledMs } = pending;
  const pod = record?.pod?.name;
  if (state === 'paused') return 'paused, until somebody unpauses it in Temporal';
  if (record?.ended) return deletingText(record, now);
  if (state === 'cancel requested') return pod ? `stopping ${pod}` : 'stopping';
  if (state === 'scheduled' && attempt > 1)
    return `interrupted (${firstLine(lastFailure ?? 'unknown')}); the next worker goes on${pod ? ` with ${pod}` : ''}`;
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
  if (reason === 'Created') return `created ${pod.name}`;
  if (phase === 'Running' && (reason === '' || reason === 'Running')) return `running in ${where}`;
  return `${phase.toLowerCase()} in ${where}${reason && reason !== phase ? `: ${firstLine(reason)}` : ''}`;
}

export function endText({ how, why, exitCode, times, logs, cleanup }: PodEnd): string {
  const gaps = logs?.gaps ? `; its log has ${logs.gaps === 1 ? 'a gap' : `${logs.gaps} gaps`}` : '';
  switch (how) {
    case 'done': {
      const took = tookOf(times);
      return `done${took ? ` in ${took}` : ''}${gaps}`;
    }
    case 'cancelled':
      return `cancelled${cleanup?.gone ? ', its pod is gone' : ''}${gaps}`;
    case 'failed':
    case 'timed out': {
      const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
      return `${how}${why ? ` (${why.split(':', 1)[0]}${code})` : ''}${gaps}`;
    }
  }
}

/** Kubernetes counts in whole seconds. */
function tookOf(times: PodEnd['times']): string | undefined {
  if (!times?.started || !times.finished) return undefined;
  const seconds = Math.round((Date.parse(times.finished) - Date.parse(times.started)) / 1000);
  if (seconds < 1) return 'less than 1 s';
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const firstLine = (text: string) => text.trim().split('\n', 1)[0]?.slice(0, 300) ?? '';
