/** What Temporal remembers of a pod while its activity runs. Types only. */
import type { Duration } from './spec.ts';
import type { LogSummary, OutcomeKind, PodEvent, PodOutcome, PodRef, PodTimes } from './outcome.ts';

/**
 * What Temporal remembers of a pod while its activity runs: the heartbeat details, so also what the Web UI shows under
 * Pending Activities. An attempt that starts with one of these goes on where the last one stopped.
 */
export interface PodRecord {
  v: 1;
  /** Hash of the cluster's CA: another cluster is refused, never taken for a deleted pod. */
  cluster: string;
  pod?: PodRef;
  /** `timeouts.total`, where the author said nothing and the policy allowed less than the default: so it stays, whatever a newer policy says. */
  total?: Duration;
  phase?: string;
  /** What the pod is waiting for or doing, in Kubernetes' words. */
  reason?: string;
  node?: string;
  log?: string;
  /** A container that cannot be started, and since when (ms since the epoch): Kubernetes does not tell that. */
  trouble?: { kind: OutcomeKind; container: string; since: number };
  /** Once this is here, nothing is run or judged again: only the cleanup is left. */
  ended?: PodEnd;
}

/** The whole result, recorded before the pod is deleted: afterwards nobody could tell. */
export interface PodEnd {
  outcome: PodOutcome;
  output?: unknown;
  /** The result is too long for a heartbeat: its file is in the folder of the pod's log. */
  outputFile?: { name: string; sha256: string };
  phase?: string;
  node?: string;
  times: PodTimes;
  logs: LogSummary;
  events?: PodEvent[];
  problems?: string[];
}
