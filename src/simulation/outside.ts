/** What a simulated workflow meets: whoever simulates answers for everything that a server does not do. */

export interface ActivityCall {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  readonly activityType: string;
  readonly args: readonly unknown[];
  /** Milliseconds since 1970. */
  readonly scheduledAt: number;
}

export type ActivityEnd =
  | { readonly result: unknown }
  | { readonly failure: Error }
  /** Of one that was asked to: what it then said, as details. */
  | { readonly cancelled: readonly unknown[] };

export interface ActivityAnswer {
  readonly end: ActivityEnd;
  /** Milliseconds until then; `Infinity` is never. */
  readonly after: number;
  /** What is told of it as soon as it has ended. */
  readonly onEnd?: () => void;
  /** It is asked to end: how it does. Without this it ends as it would have. */
  readonly onCancel?: (at: number) => ActivityAnswer;
}

/** All that a workflow asks for and a server cannot give. */
export interface Outside {
  activity(call: ActivityCall): ActivityAnswer | Promise<ActivityAnswer>;
  /** In the place of a child workflow; undefined: it is run. */
  child?(workflowType: string, args: readonly unknown[]): Promise<ActivityEnd> | undefined;
}

/** What is wrong with a simulation, and not with the run of the workflow. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}
