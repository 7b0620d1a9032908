/**
 * The worker's heartbeat timeout, in a bundle whose operator has chosen one. An activity has the timeout that its history says; a
 * replay compares names and ids only, so workers with other ones go on with a run.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import type { PodActivities } from '../contract/index.ts';

const POD: keyof PodActivities = 'runPod';

/** @param heartbeatTimeout milliseconds */
export const withHeartbeatTimeout = (heartbeatTimeout: number): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next(input.activityType === POD ? { ...input, options: { ...input.options, heartbeatTimeout } } : input),
    },
  ],
});

/** Webpack's: what stands behind the name of this file where it is asked for, `?60000`. */
declare const __resourceQuery: string;

/** As a module of interceptors, which takes no other argument. */
export const interceptors = (): WorkflowInterceptors => withHeartbeatTimeout(Number(__resourceQuery.slice(1)));
