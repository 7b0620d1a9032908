/** The pods of a run that are under way: what Temporal says of them, by the heartbeats of their activities, in words. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { PodRecord } from '../../contract/index.ts';
import { firstLine, shortened } from '../../common/shortened.ts';

type Pending = NonNullable<Awaited<ReturnType<WorkflowHandle['describe']>>['raw']['pendingActivities']>[number];

/** `PendingActivityState`, by its numbers. */
const STATES: Record<number, PendingPod['state']> = {
  1: 'scheduled',
  2: 'started',
  3: 'cancel requested',
  4: 'paused',
  5: 'paused',
};

export async function pendingPods(handle: WorkflowHandle): Promise<PendingPod[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).filter(({ activityType }) => activityType?.name === 'runPod').map(pendingPod);
}

function pendingPod(pending: Pending): PendingPod {
  const { activityId, state, attempt, lastFailure, scheduledTime } = pending;
  return {
    activityId: activityId ?? '',
    state: STATES[state ?? 0] ?? 'started',
    attempt: attempt ?? 1,
    record: recordOf(pending),
    lastFailure: lastFailure?.message ?? undefined,
    scheduledMs: Number(scheduledTime?.seconds ?? 0) * 1000,
  };
}

function recordOf({ heartbeatDetails }: Pending): PodRecord | undefined {
  const payload = heartbeatDetails?.payloads?.[0];
  if (!payload) return undefined;
  const record = defaultPayloadConverter.fromPayload<Partial<PodRecord> | null>(payload);
  return record?.v === 1 ? (record as PodRecord) : undefined;
}

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
    const why = lastFailure ? `interrupted (${reasonText(lastFailure)}); ` : '';
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
  if (!pod) return reason ? `no pod yet: ${reasonText(reason)}` : undefined;
  const where = `${pod.name}${node ? ` on ${node}` : ''}`;
  if (reason === 'Terminating') return `${where} is being deleted`;
  if (reason === 'Created') return `created ${pod.name}`;
  if (phase === 'Running' && (reason === '' || reason === 'Running')) return `running in ${where}`;
  return `${phase.toLowerCase()} in ${where}${reason && reason !== phase ? `: ${reasonText(reason.replace(BACK_OFF, ''))}` : ''}`;
}

const reasonText = (text: string) => shortened(firstLine(text.trim()), LONGEST_REASON);
