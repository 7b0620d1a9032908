/** What is told of a pod: its outcome, the result of `runPod`, the details of its failure. */

/** How a pod ended. Every kind but `Succeeded` is also the `type` of the failure that `runPod` throws. */
export const OUTCOME_KINDS = [
  'Succeeded',
  /** An exit code of `exitCodes.skip`. */
  'Skipped',
  /** The main container ended with an exit code other than 0. */
  'ContainerFailed',
  /** The kernel killed it for memory, whatever the exit code says. */
  'OOMKilled',
  /** The command could not be started (`StartError`). */
  'ContainerCannotRun',
  'InitContainerFailed',
  /** The image's name is malformed, or it may not be pulled and is absent. */
  'InvalidImage',
  'ImagePullFailed',
  /** A Secret, ConfigMap, mount or security setting that the kubelet refuses. */
  'ContainerConfigError',
  /** A node refused the pod before any container started: OutOfcpu, NodeAffinity, UnexpectedAdmissionError… */
  'PodRejected',
  /** Evicted, preempted, drained, node shut down; or paused with `onPause: 'delete'`. */
  'PodDisrupted',
  /** It ended with a good exit code, but its events, which tell whether its node had stopped it before, could not be read. */
  'OutcomeUnknown',
  /** Its node has been silent for `timeouts.nodeLost`. Whether the work goes on there, nobody can tell. */
  'NodeLost',
  /** Deleted by somebody else, or gone without an outcome. */
  'PodDeleted',
  /** `timeouts.schedule` passed, and no quota let the pod be created. */
  'QuotaExceeded',
  /** `timeouts.schedule` passed: the pod was not created, or got no node. */
  'ScheduleTimeout',
  /** `timeouts.start` passed. */
  'StartTimeout',
  /** `timeouts.init` passed for one init container. */
  'InitTimeout',
  /** `timeouts.run`, `timeouts.total` or the pod's own activeDeadlineSeconds passed. */
  'DeadlineExceeded',
  /** It ended well, but its result is not JSON, or does not fit the schema. */
  'ResultInvalid',
  /** It ended well, but left no result where one is required. */
  'ResultMissing',
  /** It ended well, but its result is longer than its way can carry. */
  'ResultTooLarge',
] as const;

/** How a pod ended, in one word. */
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** The other `type`s of a failure: there was no pod to have an outcome. Never tried again. */
export const REFUSAL_KINDS = [
  'InvalidSpec',
  /** The operator's policy; the message names the rule. */
  'PolicyRefused',
  /** A `beforeCreate` callback threw. */
  'CallbackFailed',
  'Forbidden',
  'NamespaceNotFound',
  'PodNameConflict',
] as const;

/** Why there was no pod: the `type` of such a failure. */
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

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

/** One pod: a name may be taken again, a uid never. */
export interface PodRef {
  namespace: string;
  name: string;
  uid: string;
}

/** ISO 8601 times. */
export interface PodTimes {
  created?: string;
  /** It got its node. */
  scheduled?: string;
  started?: string;
  finished?: string;
}

/** Where the log is and what it holds; the log itself never enters the history. */
export interface LogSummary {
  /** The folder of this pod's log, as a `file:` URL on the worker's storage. */
  uri: string;
  lines: number;
  bytes: number;
  /** Places where lines are missing: Kubernetes threw them away, or they could not be read or stored. Marked in the log, unless the storage is full. */
  gaps: number;
  /** The storage would not take it to its end: `problems` says why. The pod, which has the rest, is kept for `keepFor` (1h) when it is over. */
  unstored?: true;
  /** What `logs.maxLineBytes` and `logs.maxBytes` left out: whole lines, and their bytes and those of lines that were cut. With gaps: at least. */
  dropped?: { lines: number; bytes: number };
  /** The last lines of the container that the outcome is about, else of the main one; those that `logs.maxBytes` left out, too. */
  tail: string;
}

/** What became of the pod itself. */
export interface Cleanup {
  /** True only when the API server was seen to hold this uid no longer. */
  gone: boolean;
  /** Kept on purpose until then (ISO 8601); the sweeper deletes it. */
  kept?: string;
  /** It has ended, or never had a node, and is being deleted: it can run nothing any more. A finalizer keeps the object; `error` names it. */
  over?: true;
  /** Nothing of it runs any more; its removal goes on beside, and the run does not end before it is seen to be gone. */
  removing?: true;
  /** Why it is not gone when it should be, or is gone when it should have been kept. */
  error?: string;
}

/** Nothing is left to do about the pod: it is gone, or it can run nothing any more and somebody wants the object. */
export const isSettled = (cleanup: Cleanup | undefined): cleanup is Cleanup =>
  cleanup !== undefined && (cleanup.gone || cleanup.kept !== undefined || cleanup.over === true);

/** What `runPod` returns to the DAG. */
export interface PodResult<Output = unknown> {
  outcome: 'Succeeded' | 'Skipped';
  exitCode: number;
  /** The task's result, see `PodSpec.result`; undefined when it left none. */
  output: Output;
  pod: PodRef & { node?: string };
  times: PodTimes;
  logs: LogSummary;
  /** With `events: 'always'`. */
  events?: PodEvent[];
  /** Beside the task's own outcome: callbacks that threw, at most 5; logs that could not be stored. */
  problems?: string[];
  /** What somebody changed in the spec while the DAG ran (`retryTask`). */
  changed?: Readonly<Record<string, unknown>>;
  /** The run that this result was taken from: no pod ran for it. */
  reused?: { workflowId: string; runId: string };
  cleanup: Cleanup;
}

/** One event of the pod, as `kubectl describe pod` shows it. */
export interface PodEvent {
  type: string;
  reason: string;
  message: string;
  /** The one that it is about; absent when it is about the pod. */
  container?: string;
  count: number;
  lastSeen?: string;
}

/** `details[0]` of every failure that `runPod` throws; `type` is the outcome's kind, or one of `InvalidSpec` and the like. */
export interface PodFailureDetails {
  kind: string;
  /** The Temporal namespace has the search attribute `PodFailure`, so the workflow may set it. */
  searchable?: true;
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
  /** What the main container had left as its result before it failed. It may not fit the schema. */
  output?: unknown;
  times?: PodTimes;
  events?: PodEvent[];
  logs?: LogSummary;
  /** Beside the task's own outcome: callbacks that threw, at most 5; logs that could not be stored. */
  problems?: string[];
  cleanup?: Cleanup;
}
