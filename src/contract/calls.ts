/** What workflows and activities say to each other. Types only. */
import type { V1Pod } from './kubernetes.ts';
import type { Cleanup, PodRef, PodResult } from './outcome.ts';
import type { Duration, LogOptions, PodSpec } from './spec.ts';

/** The input of the `runPod` activity: the author's spec and where it stands in the DAG (read by graph, show and rerun). */
export interface RunPodInput {
  spec: PodSpec;
  task: string;
  /** Names of the tasks this one waited for. */
  after: string[];
  /** Names of the tasks whose end its creator had seen before it created this one, as far as `after` does not say it already. */
  order?: string[];
  /** The task that created this one; absent when the body did. */
  parent?: string;
  /** 1 for the first try, counted up for each of the author's `retries`. */
  try: number;
  /** 1 for the first `runPod` that the task's function calls; begins at 1 again when the function is called again. */
  call?: number;
  /** What the author's code asked for, when `spec` differs from it: changed by `nextTry`, or while the DAG ran. */
  asked?: PodSpec;
  /** The run whose result is taken, without a pod, if this call ended well there and asked for the same. */
  earlier?: EarlierRef;
  /** The run confirms at its end that the pod is gone (`confirmPods`), so a good result need not wait for that. */
  removal?: 'beside';
}

/** One run of a workflow. */
export interface RunRef {
  workflowId: string;
  runId: string;
}

/** The run that another one is a rerun of, or one of its chunks. */
export interface EarlierRef extends RunRef {
  /** Of a chunk of a `task.map`, below that run: `<task>/<number>`, once more for each map within. Its run is looked up there. */
  chunk?: string;
}

/** The input of the workflow's own cleanup, on a task queue of its own. */
export interface DeletePodInput {
  activityId: string;
  task: string;
  namespace?: string;
  /** What the activity said it owned, and where, when it got to say it. */
  uid?: string;
  cluster?: string;
  /**
   * `hurry`: one DELETE at the moment of a cancel, which confirms nothing, for this pod and the `others`.
   * `confirm`: the activity has closed: look, delete and see it gone; and look once more after the longest time a create
   * can still be under way.
   * `keep`: the activity was cancelled, and its pod shall run on until `keepUntil`.
   */
  mode: 'hurry' | 'confirm' | 'keep';
  /** ISO 8601. */
  keepUntil?: string;
  /** Those of the same run that were cancelled with it. */
  others?: Pick<DeletePodInput, 'activityId' | 'task' | 'namespace'>[];
  /** Of the spec, as the next. */
  mainContainer?: string;
  /** Of the spec: what no attempt has read of the pod's logs is read before the pod goes, within the same limits. */
  logs?: LogOptions;
}

/** The pods of one run whose results came before they were gone. */
export interface ConfirmPodsInput {
  pods: Pick<DeletePodInput, 'activityId' | 'task' | 'namespace' | 'uid'>[];
}

/** Those that are not gone, by activityId: `over`, in the hands of a finalizer. */
export type Unconfirmed = Record<string, Cleanup>;

/** The input of the `sweep` workflow. */
export interface SweepInput {
  /** Only tells what it would delete. Default false. */
  dryRun?: boolean;
  /** Younger pods are left alone: their run may be about to be known. Default 2 minutes. */
  minAge?: Duration;
  /** Deletions in one sweep at most, the oldest pods first; the next sweep goes on. Default 200. */
  limit?: number;
}

/** `young`: see `minAge`. `onPurpose`: until its time is over. `alive`: its activity is under way. `terminating`: it goes already. */
export type Kept = 'young' | 'onPurpose' | 'alive' | 'terminating';

export interface SweepReport {
  dryRun: boolean;
  /** Pods of ours that were looked at. */
  looked: number;
  /** Deleted, or in a dry run to be deleted, and why. */
  swept: { pod: PodRef; why: string }[];
  /** Left alone because Temporal or Kubernetes gave no clear answer. */
  undecided: number;
  /** The others, by why they were left alone; `otherTemporal` was not looked at further. */
  kept: Record<Kept | 'otherTemporal', number>;
  /** The youngest, which were not looked at any more: the limit was reached. The next sweep goes on. */
  leftOut: number;
  /** Namespaces whose pods could not be listed, and why: nothing was swept there. */
  unlisted: { namespace: string; why: string }[];
}

/** The input of the `dryRun` workflow and activity. */
export interface DryRunInput {
  spec: PodSpec;
  /** Default `main`. */
  task?: string;
  /** `client`: the worker makes the manifest. `server`: the API server also validates it, and adds its defaults. Default `client`. */
  on?: 'client' | 'server';
}

/** On the task queue of the pods. */
export interface PodActivities {
  /** @throws ApplicationFailure whose `details[0]` is a `PodFailureDetails` */
  runPod(input: RunPodInput): Promise<PodResult>;
}

/** On the task queue of the cleanups, `<task queue>-cleanup`. */
export interface CleanupActivities {
  deletePod(input: DeletePodInput): Promise<Cleanup>;
  /** Ends when each of them is gone, or can run nothing any more. */
  confirmPods(input: ConfirmPodsInput): Promise<Unconfirmed>;
  dryRun(input: DryRunInput): Promise<V1Pod>;
  sweep(input: SweepInput): Promise<SweepReport>;
}
