/** Events of a history, as far as a rerun reads them. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { PodResult, PodSpec, RunPodInput } from '../../src/contract/index.ts';
import { SPEC } from '../support/pods.ts';

const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });

export const RESULT: PodResult = {
  outcome: 'Succeeded',
  exitCode: 0,
  output: { rows: 3 },
  pod: { namespace: 'n', name: 'orders-1', uid: 'uid-1', node: 'node-1' },
  times: {},
  logs: { uri: 'file:///logs/orders-1', lines: 1, bytes: 6, gaps: 0, tail: 'hello' },
  cleanup: { gone: true },
};

/** The task `orders` calls `runPod` once for `SPEC`, unless it is said otherwise. */
export const call = (more: Partial<RunPodInput> = {}): RunPodInput => ({
  spec: SPEC,
  task: 'orders',
  after: [],
  try: 1,
  call: 1,
  ...more,
});

export const scheduled = (eventId: number, input: RunPodInput) => ({
  eventId,
  activityTaskScheduledEventAttributes: { activityType: { name: 'runPod' }, input: payloads(input) },
});

export const completed = (scheduledEventId: number, more: Partial<PodResult> = {}) => ({
  eventId: scheduledEventId + 100,
  activityTaskCompletedEventAttributes: { scheduledEventId, result: payloads({ ...RESULT, ...more }) },
});

export const ended = (how: 'Failed' | 'Canceled' | 'TimedOut', scheduledEventId: number) => ({
  eventId: scheduledEventId + 100,
  [`activityTask${how}EventAttributes`]: { scheduledEventId },
});

export const childStarted = (workflowId: string, runId: string) => ({
  eventId: 50,
  childWorkflowExecutionStartedEventAttributes: { workflowExecution: { workflowId, runId } },
});

export const withMemory = (memory: string): PodSpec => ({ ...SPEC, resources: { limits: { memory } } });
