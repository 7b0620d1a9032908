/** What a history holds of the activities `runPod`. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { PodResult, RunPodInput } from '../../../src/contract/index.ts';
import type { Run } from './asking.ts';

const decoded = <T>(payloads: { payloads?: Payload[] | null } | null | undefined): T[] =>
  (payloads?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<T>(payload));

/** In the order in which they were scheduled. */
export async function inputsOf(run: Run): Promise<RunPodInput[]> {
  const { events } = await run.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes }) =>
    decoded<RunPodInput>(activityTaskScheduledEventAttributes?.input),
  );
}

/** Of those that ended well, in that order. */
export async function resultsOf(run: Run): Promise<PodResult[]> {
  const { events } = await run.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskCompletedEventAttributes }) =>
    decoded<PodResult>(activityTaskCompletedEventAttributes?.result),
  );
}
