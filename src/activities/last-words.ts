/** Why a pod did not start is sometimes told by its events alone: a volume that cannot be mounted, a network that cannot be made. */
import type { PodOutcome } from '../contract/index.ts';
import type { Attempt } from './attempt.ts';
import { LAST_HEARD } from '../pod/due.ts';

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
