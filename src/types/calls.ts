/** What workflows and activities say to each other. Types only. */
import type { PodRef } from './outcome.ts';
import type { Duration, PodSpec } from './spec.ts';

/** The input of the `runPod` activity: the author's spec and where it stands in the DAG (read by graph, show and rerun). */
export interface RunPodInput {
  spec: PodSpec;
  task: string;
  /** Names of the tasks this one waited for. */
  after: string[];
  /** 1 for the first try, counted up for each of the author's `retries`. */
  try: number;
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
   * `hurry`: one DELETE at the moment of a cancel, which confirms nothing.
   * `confirm`: the activity has closed: look, delete and see it gone; and look once more after the longest time a create
   * can still be under way.
   * `keep`: the activity was cancelled, and its pod shall run on until `keepUntil`.
   */
  mode: 'hurry' | 'confirm' | 'keep';
  /** ISO 8601. */
  keepUntil?: string;
}

/** The input of the `sweep` workflow. */
export interface SweepInput {
  /** Only tells what it would delete. Default false. */
  dryRun?: boolean;
  /** Younger pods are left alone: their run may be about to be known. Default 2 minutes. */
  minAge?: Duration;
  /** Deletions in one sweep at most; the next sweep goes on. Default 200. */
  limit?: number;
}

export interface SweepReport {
  dryRun: boolean;
  /** Pods of ours that were looked at. */
  looked: number;
  /** Deleted, or in a dry run to be deleted, and why. */
  swept: { pod: PodRef; why: string }[];
  /** Left alone because Temporal or Kubernetes gave no clear answer. */
  undecided: number;
  /** More were found than one sweep deletes. */
  limited: boolean;
}

/** The input of the `dryRun` workflow and activity. */
export interface DryRunInput {
  spec: PodSpec;
  /** Default `main`. */
  task?: string;
  /** `client`: the worker makes the manifest. `server`: the API server also validates it, and adds its defaults. Default `client`. */
  on?: 'client' | 'server';
}
