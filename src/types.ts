/**
 * The types that cross a boundary: workflow ↔ activity ↔ client. No code here, so that the workflow sandbox, Node's type
 * stripping and the client can all import this file.
 */
import type { V1PodSpec } from '@kubernetes/client-node';

/** A length of time: milliseconds, or a string as `'90s'`, `'15m'`, `'1.5h'`, `'2d'`. */
export type Duration = number | string;

/** What the author asks for: the argument of `runPod`. Everything is optional but one image for the main container. */
export interface PodSpec {
  /** Image of the main container. */
  image?: string;
  /** Entrypoint of the main container (Kubernetes `command`); the image's own when absent. */
  command?: string[];
  /** Arguments (Kubernetes `args`); the image's own when absent. */
  args?: string[];
  /** Plain environment variables. They are readable in the history: put secrets in a Secret and refer to it in `template`. */
  env?: Record<string, string>;
  /** Requests and limits of the main container, in Kubernetes quantities: `{ requests: { cpu: '250m' } }`. */
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Default: the namespace the worker is configured with. */
  namespace?: string;
  /** Default: the namespace's `default`; its token is not mounted unless the template says so. */
  serviceAccount?: string;
  /** Any pod, merged under the fields above; containers and their env match by name. */
  template?: PodTemplate;
  /** The one container that decides the outcome. Default `base`. */
  mainContainer?: string;
  timeouts?: PodTimeouts;
  /** Time between SIGTERM and SIGKILL (`terminationGracePeriodSeconds`), in whole seconds. Default 30 s. */
  grace?: Duration;
  /** Tries after a failed one, each in a new pod. Default 0. A pod that never started is tried again for free. */
  retries?: number;
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Partial<V1PodSpec>;
}

/** Deadlines are absolute, counted from the moment the task was scheduled: no worker restart starts a clock again. */
export interface PodTimeouts {
  /** Until the main container runs: scheduling, image pull and init containers included. Default 15 minutes. */
  start?: Duration;
  /** From the start of the main container to its end. Default: none (`total` bounds it). */
  run?: Duration;
  /** Everything. Default 24 hours. */
  total?: Duration;
}

/** The input of the `runPod` activity: the author's spec and where it stands in the DAG (read by graph, show and rerun). */
export interface RunPodInput {
  spec: PodSpec;
  task: string;
  /** Names of the tasks this one waited for. */
  after: string[];
  /** 1 for the first try, counted up for each of the author's `retries`. */
  try: number;
}

/** How a pod ended. Every kind but `Succeeded` is also the `type` of the failure that `runPod` throws. */
export type OutcomeKind =
  | 'Succeeded'
  /** The main container ended with an exit code other than 0. */
  | 'ContainerFailed'
  /** The kernel killed it for memory, whatever the exit code says. */
  | 'OOMKilled'
  /** The command could not be started (exit 126/127/128, StartError). */
  | 'ContainerCannotRun'
  | 'InitContainerFailed'
  /** The image's name is malformed, or it may not be pulled and is absent. */
  | 'InvalidImage'
  | 'ImagePullFailed'
  /** A Secret, ConfigMap, mount or security setting that the kubelet refuses. */
  | 'ContainerConfigError'
  /** A node refused the pod before any container started: OutOfcpu, NodeAffinity, UnexpectedAdmissionError… */
  | 'PodRejected'
  /** Evicted, preempted, drained, node shut down, node lost. */
  | 'PodDisrupted'
  /** Deleted by somebody else, or gone without an outcome. */
  | 'PodDeleted'
  /** `timeouts.start` passed. */
  | 'StartTimeout'
  /** `timeouts.run`, `timeouts.total` or the pod's own activeDeadlineSeconds passed. */
  | 'DeadlineExceeded'
  /** Exit code 0, but the termination message is not JSON. */
  | 'ResultInvalid';

/** What was observed of a pod's end. */
export interface PodOutcome {
  kind: OutcomeKind;
  /** Kubernetes' own word: `Error`, `OOMKilled`, `Evicted`, `ErrImagePull`… */
  reason?: string;
  message?: string;
  exitCode?: number;
  /** The container the outcome is about, when it is not the main one. */
  container?: string;
  /** Whether any container of the pod ever started: only then may work have been done. */
  startedEver: boolean;
}

export interface PodRef {
  namespace: string;
  name: string;
  uid: string;
}

/** ISO 8601 times. */
export interface PodTimes {
  created?: string;
  started?: string;
  finished?: string;
}

/** Where the log is and what it holds; the log itself never enters the history. */
export interface LogSummary {
  /** The folder of this pod's log, as a `file:` URL on the worker's storage. */
  uri: string;
  lines: number;
  bytes: number;
  /** Places where Kubernetes threw lines away; each is marked in the log. */
  gaps: number;
  /** The last lines of the main container, at most 8 KiB. */
  tail: string;
}

export interface Cleanup {
  /** True only when the API server was seen to hold this uid no longer. */
  gone: boolean;
  /** Why not, when it is not. */
  error?: string;
}

/** What `runPod` returns to the DAG. */
export interface PodResult<Output = unknown> {
  exitCode: number;
  /** The JSON that the main container wrote to its termination message (/dev/termination-log, at most 4096 bytes). */
  output: Output;
  pod: PodRef & { node?: string };
  times: PodTimes;
  logs: LogSummary;
  cleanup: Cleanup;
}

/** One event of the pod, as `kubectl describe pod` shows it. */
export interface PodEvent {
  type: string;
  reason: string;
  message: string;
  count: number;
  lastSeen?: string;
}

/** `details[0]` of every failure that `runPod` throws; `type` is the outcome's kind, or one of `InvalidSpec` and the like. */
export interface PodFailureDetails {
  kind: string;
  pod?: PodRef;
  /** Of a cancelled activity. */
  cluster?: string;
  node?: string;
  phase?: string;
  reason?: string;
  message?: string;
  exitCode?: number;
  container?: string;
  startedEver: boolean;
  times?: PodTimes;
  events?: PodEvent[];
  logs?: LogSummary;
  cleanup?: Cleanup;
}

/**
 * What Temporal remembers of a pod while its activity runs: the heartbeat details, so also what the Web UI shows under
 * Pending Activities. An attempt that starts with one of these goes on where the last one stopped.
 */
export interface PodRecord {
  v: 1;
  /** Hash of the cluster's CA: another cluster is refused, never taken for a deleted pod. */
  cluster: string;
  pod?: PodRef;
  phase?: string;
  /** What the pod is waiting for or doing, in Kubernetes' words. */
  reason?: string;
  node?: string;
  log?: string;
  /** Once this is here, nothing is run or judged again: only the cleanup is left. */
  ended?: PodEnd;
}

/** The whole result, recorded before the pod is deleted: afterwards nobody could tell. */
export interface PodEnd {
  outcome: PodOutcome;
  output?: unknown;
  phase?: string;
  node?: string;
  times: PodTimes;
  logs: LogSummary;
  events?: PodEvent[];
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
   */
  mode: 'hurry' | 'confirm';
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
