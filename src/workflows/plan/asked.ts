/**
 * What a workflow asks for, noted while it is replayed: when a history has something else there, the SDK tells only of which kind it was.
 * Only what replays histories bundles this file; no worker does.
 */
import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

export interface AskedSinks extends Sinks {
  asked: {
    activity(activityId: string): void;
    child(workflowId: string): void;
  };
}

export function interceptors(): WorkflowInterceptors {
  const { asked } = proxySinks<AskedSinks>();
  // The answer is passed on as it is: one `await` more would change the order of what follows.
  return {
    outbound: [
      {
        scheduleActivity(input, next) {
          asked.activity(input.options.activityId ?? String(input.seq));
          return next(input);
        },
        startChildWorkflowExecution(input, next) {
          asked.child(input.options.workflowId ?? '');
          return next(input);
        },
      },
    ],
  };
}
