/**
 * What two sides must spell alike: workflows, activities, the client. These words stand in histories, so a changed one is unknown to
 * runs under way, and to readers of old ones.
 */
import type { Cleanup, PodRef } from './outcome.ts';

export const QUERY = {
  graph: 'graph',
  /** Of a planned run: a `PlanReport`. */
  plan: 'plan',
} as const;

export const UPDATE = {
  retryTask: 'retryTask',
  skipTask: 'skipTask',
  failTask: 'failTask',
  extendHold: 'extendHold',
  cancelTask: 'cancelTask',
  pausePods: 'pausePods',
  resumePods: 'resumePods',
} as const;

export const SIGNAL = {
  /** From a client. */
  endDebug: 'endDebug',
  /** From a DAG to the chunks of its maps. */
  podsPaused: 'podsPaused',
  podsStopped: 'podsStopped',
  /** From a chunk to its parent. */
  chunkReused: 'chunkReused',
} as const;

/** Memo of a run that has ended: a `TasksWithoutPods`. */
export const TASKS_WITHOUT_PODS_MEMO = 'tasksWithoutPods';
/** Memo of a rerun: an `EarlierRef`. */
export const RERUN_MEMO = 'rerunOf';
/** Memo of a planned run: a `PlanMemo`. */
export const PLAN_MEMO = 'plan';

/** Search attribute of runs whose pods failed: the kinds of their failures, as a list of keywords. */
export const POD_FAILURE = 'PodFailure';
/** Temporal's own search attribute, which its schedules set; every namespace has it. */
export const SCHEDULED_START = { name: 'TemporalScheduledStartTime', type: 'DATETIME' } as const;

/** The name under which the body of the DAG, the function given to `dag`, stands among the nodes. No task can have it. */
export const BODY = '(body)';
/** Pods that no task started, but the body or a workflow without `dag`, carry this name. */
export const UNNAMED = 'pod';

/** Cleanups have a task queue, and so slots, of their own: none waits behind pods. */
export const cleanupQueue = (taskQueue: string): string => `${taskQueue}-cleanup`;

/** The workflowId of a chunk of a `task.map`. No task's name has a slash in it. */
export const chunkId = (workflowId: string, task: string, number: number): string => `${workflowId}/${task}/${number}`;

/** The mapped task of a chunk of this workflow; undefined for any other workflowId. */
export function taskOfChunk(workflowId: string, id: string): string | undefined {
  if (!id.startsWith(`${workflowId}/`)) return undefined;
  const [task, number, ...more] = id.slice(workflowId.length + 1).split('/');
  return task && number && /^\d+$/.test(number) && more.length === 0 ? task : undefined;
}

/** The last line of a failure whose pod is kept; the workflow takes it away when it has deleted that pod after all. */
export const keptLine = (pod: PodRef | undefined, cleanup: Cleanup | undefined): string | undefined =>
  cleanup?.kept && `  kept until ${cleanup.kept}: kubectl describe pod ${pod?.name ?? ''} -n ${pod?.namespace ?? ''}`;
