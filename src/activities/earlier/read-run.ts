/** What a run has done, read from its history: the whole of it once, so that no worker with its code is needed. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Client, WorkflowService } from '@temporalio/client';
import type { RunPodInput, RunRef } from '../../contract/index.ts';
import { evenCancelled } from '../temporal-calls.ts';
import { callKey } from './call-key.ts';

type Page = Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistory']>>;
type Event = NonNullable<NonNullable<Page['history']>['events']>[number];

/** One page is soon there. */
const PAGE_LIMIT_MS = 30_000;

export interface RunWork {
  /** `PodResult`s as JSON, by `callKey`, of pods that ended well. Of a call made twice, as after `retryTask`, the later one. */
  readonly results: ReadonlyMap<string, string>;
  /** The runIds of its child workflows, by workflowId; the later one, when a chunk was started again. */
  readonly children: ReadonlyMap<string, string>;
  /** Characters of the results. */
  readonly size: number;
}

/** @throws what Temporal answers */
export async function readRun(client: Client, { workflowId, runId }: RunRef): Promise<RunWork> {
  const { namespace } = client.options;
  const reader = eventReader();
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace, execution: { workflowId, runId }, nextPageToken };
    // For all who wait for it: not for this one attempt only.
    const page = await evenCancelled(client, () =>
      client.withDeadline(Date.now() + PAGE_LIMIT_MS, () =>
        client.workflowService.getWorkflowExecutionHistory(request),
      ),
    );
    for (const event of page.history?.events ?? []) reader.take(event);
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken?.length);
  return reader.work;
}

function eventReader() {
  /** By the event that scheduled them: an end names nothing else. */
  const scheduled = new Map<string, string>();
  const results = new Map<string, string>();
  const children = new Map<string, string>();
  let size = 0;
  return {
    take(event: Event): void {
      const { activityTaskScheduledEventAttributes: pod, activityTaskCompletedEventAttributes: done } = event;
      if (pod?.activityType?.name === 'runPod') {
        const [input] = pod.input?.payloads ?? [];
        const key = input && callKey(defaultPayloadConverter.fromPayload<RunPodInput>(input));
        if (key !== undefined) scheduled.set(String(event.eventId), key);
      }
      if (done) {
        const key = scheduled.get(String(done.scheduledEventId));
        const [result] = done.result?.payloads ?? [];
        if (key !== undefined && result) {
          // As text: a payload would keep the whole page in memory.
          const json = JSON.stringify(defaultPayloadConverter.fromPayload(result));
          results.set(key, json);
          size += json.length;
        }
      }
      const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
      if (child?.workflowId && child.runId) children.set(child.workflowId, child.runId);
    },
    get work(): RunWork {
      return { results, children, size };
    },
  };
}
