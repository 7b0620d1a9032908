/** What Temporal says about the pods of a run that are under way: the heartbeats of their activities. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { PodRecord } from '../contract/index.ts';
import type { PendingPod } from './states.ts';

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
