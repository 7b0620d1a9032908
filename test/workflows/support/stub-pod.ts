/** Stands in for `runPod`, on the workflow's side: takes a slot and calls an activity that only pretends. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { changeSpec, withPodSlot, type TaskContext } from '../../../src/workflows/dag/index.ts';

export interface StubSpec {
  ms?: number;
  fail?: string;
  output?: unknown;
}
export interface StubInput {
  spec: StubSpec;
  task: string;
  after: string[];
}
export interface StubActivities {
  stubPod(input: StubInput): Promise<{ output: unknown }>;
}

const { stubPod } = proxyActivities<StubActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '20s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
});

export const runPod = (spec: StubSpec = {}): Promise<{ output: unknown }> => withPodSlot((slot) => onePod(spec, slot));

/** Two tries, as `runPod` makes them: in one slot, and not while new pods are held. */
export const twoTries = (spec: StubSpec): Promise<{ output: unknown }> =>
  withPodSlot(async (slot) => {
    await onePod(spec, slot);
    await slot.released();
    return onePod(spec, slot);
  });

const onePod = (spec: StubSpec, slot: TaskContext) =>
  stubPod.executeWithOptions({ activityId: slot.nextActivityId(), summary: slot.task }, [
    { spec: changeSpec(spec, slot.change), ...slot.place() },
  ]);

export const failing = (message = 'exit code 1', ms = 0): StubSpec => ({ fail: message, ms });
