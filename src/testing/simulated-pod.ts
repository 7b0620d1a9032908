import type { PodSpec } from '../contract/index.ts';

/** A pod that would have run. */
export interface SimulatedPod {
  /** `<task>-<n>`: the activityId. */
  readonly name: string;
  readonly task: string;
  /** As it would have been sent to the worker: after `nextTry`, with `result.schema`. */
  readonly spec: PodSpec;
  /** 1 for the first, counted up for each of `retries`. */
  readonly try: number;
  /** The tasks that its task had awaited. */
  readonly after: readonly string[];
  /** The run that it belongs to: of a child workflow it is the child's. */
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly state: 'running' | 'succeeded' | 'skipped' | 'failed' | 'cancelled';
  /** Of a failure. */
  readonly kind?: string;
}
