/** Whether nobody will ever delete this pod, pure. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Kept } from '../contract/index.ts';
import type { RunState } from './cancellation.ts';
import { ANNOTATION, type PodKey } from '../pod/identity.ts';
import { keepOf } from '../pod/keeping.ts';

/** A live attempt enforces the deadline itself, and may take the grace period and its confirmation for it. */
const DEADLINE_SLACK_MS = 15 * 60_000;

export function sweepVerdict(
  pod: V1Pod,
  { activityId }: PodKey,
  run: RunState,
  { now, minAgeMs }: { now: number; minAgeMs: number },
): Kept | 'undecided' | { why: string } {
  const keep = keepOf(pod, now);
  if (keep === 'kept') return 'onPurpose';
  if (pod.metadata?.deletionTimestamp) return 'terminating';
  const created = new Date(pod.metadata?.creationTimestamp ?? NaN).getTime();
  if (!(now - created >= minAgeMs)) return 'young';
  if (run === 'unknown') return 'undecided';
  const wasKept = keep === 'over' ? ', and so has the time for which it was kept' : '';
  if (run === 'closed') return { why: `its workflow run has ended, or does not exist${wasKept}` };
  if (!run.pending.has(activityId)) return { why: `its activity has ended${wasKept}` };
  const deadline = Date.parse(pod.metadata?.annotations?.[ANNOTATION.deadline] ?? '');
  return now > deadline + DEADLINE_SLACK_MS
    ? { why: 'its deadline has passed, and no worker took care of it' }
    : 'alive';
}
