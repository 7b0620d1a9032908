/** How a workflow calls its cleanups, and what it says of one that could not be carried out. */
import { ActivityFailure, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { StringValue } from 'ms';
import { cleanupQueue, type CleanupActivities } from '../../contract/index.ts';

/** @param limit for all attempts together */
export const cleanupCalls = (summary: string, limit: StringValue) =>
  proxyActivities<CleanupActivities>({
    // Slots of its own: a cleanup must not wait behind the pods.
    taskQueue: cleanupQueue(workflowInfo().taskQueue),
    summary,
    scheduleToCloseTimeout: limit,
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '15s' },
  });

/** The input of a call is in the history. */
const MOST_IN_A_CALL = 1_000;

/** The items, in as many calls as they need. */
export const inCalls = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / MOST_IN_A_CALL) }, (_, call) =>
    items.slice(call * MOST_IN_A_CALL, (call + 1) * MOST_IN_A_CALL),
  );

/** In the activity's own words, where it had any. */
export const whyNotCleaned = (error: unknown): string =>
  error instanceof ActivityFailure && error.cause ? error.cause.message : String(error);
