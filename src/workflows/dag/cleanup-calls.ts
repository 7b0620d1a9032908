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

/** In the activity's own words, where it had any. */
export const whyNotCleaned = (error: unknown): string =>
  error instanceof ActivityFailure && error.cause ? error.cause.message : String(error);
