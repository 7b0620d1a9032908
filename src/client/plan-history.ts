/** The history of a run that has begun and done nothing yet, as JSON. Pure. */
import { defaultPayloadConverter } from '@temporalio/common';
import { payloadToJSON } from '@temporalio/common/lib/proto-utils.js';

const RUN_ID = '00000000-0000-4000-8000-000000000000';
const TASK_QUEUE = { name: 'plan' };

export function beginning(
  { workflow, args, memo }: { workflow: string; args: readonly unknown[]; memo: Record<string, unknown> },
  now = new Date(),
): object {
  const payload = (value: unknown) => payloadToJSON(defaultPayloadConverter.toPayload(value));
  const event = (eventId: number, type: string, attributes: object) => ({
    eventId: String(eventId),
    eventTime: now.toISOString(),
    eventType: `EVENT_TYPE_${type}`,
    ...attributes,
  });
  return {
    events: [
      event(1, 'WORKFLOW_EXECUTION_STARTED', {
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: workflow },
          taskQueue: TASK_QUEUE,
          input: { payloads: args.map(payload) },
          workflowTaskTimeout: '10s',
          originalExecutionRunId: RUN_ID,
          firstExecutionRunId: RUN_ID,
          attempt: 1,
          memo: { fields: Object.fromEntries(Object.entries(memo).map(([key, value]) => [key, payload(value)])) },
        },
      }),
      event(2, 'WORKFLOW_TASK_SCHEDULED', {
        workflowTaskScheduledEventAttributes: { taskQueue: TASK_QUEUE, startToCloseTimeout: '10s', attempt: 1 },
      }),
      event(3, 'WORKFLOW_TASK_STARTED', { workflowTaskStartedEventAttributes: { scheduledEventId: '2' } }),
    ],
  };
}
