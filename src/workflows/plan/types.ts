/** What planning a workflow tells: types only. */
import type { PodSpec } from '../../contract/index.ts';
import type { Graph } from '../dag/graph.ts';

/** Handed out after each turn of the workflow; the last one counts. */
export interface PlanReport {
  /** Absent while there is no DAG. */
  graph?: Graph;
  /** In the order in which they were made. Those of the body are of the task `pod`, as its pods are. */
  calls: { readonly task: string; readonly call: PlannedCall }[];
  /** Of the workflow. Absent while it runs, so at the end: it waits for something that nobody gives. */
  end?: 'completed' | { readonly type: string; readonly message: string };
}

/** What a task asks of the outside. */
export type PlannedCall =
  | { readonly pod: PodSpec }
  | { readonly activity: string }
  /** A child workflow; of a chunk of a `task.map` also how many items it has. */
  | { readonly workflow: string; readonly items?: number };

/** The memo of a planned run, under this key: a `PlanMemo`. */
export const PLAN_MEMO = 'plan';

export interface PlanMemo {
  /** How many arguments a stand-in takes the place of, behind those that were given. */
  readonly standIns: number;
}
