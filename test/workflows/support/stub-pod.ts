/** Stands in for `runPod`, on the workflow's side: takes a slot and calls an activity that only pretends. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { changeSpec, inPodCall, type TaskContext } from '../../../src/workflows/dag/index.ts';

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

export const runPod = (spec: StubSpec = {}): Promise<{ output: unknown }> =>
  inPodCall((context) => context.withSlot(() => onePod(spec, context)));

/** Two tries, as `runPod` makes them: each in a slot of its own. */
export const twoTries = (spec: StubSpec): Promise<{ output: unknown }> =>
  inPodCall(async (context) => {
    await context.withSlot(() => onePod(spec, context));
    return context.withSlot(() => onePod(spec, context));
  });

const onePod = (spec: StubSpec, context: TaskContext) =>
  stubPod.executeWithOptions({ activityId: context.nextActivityId(), summary: context.task }, [
    { spec: changeSpec(spec, context.change), ...context.place() },
  ]);

export const failing = (message = 'exit code 1', ms = 0): StubSpec => ({ fail: message, ms });
