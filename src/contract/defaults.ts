/**
 * What holds where a spec says nothing, and the bounds that two sides must agree on: each stands here once, for workflow, worker and
 * client. Plain values, since the workflow sandbox loads this file. What the docs say of them is tested against it.
 */
import type { PodSpec, PodTimeouts } from './spec.ts';

export const DEFAULT_MAIN_CONTAINER = 'base';

/** The container that decides the outcome. A history may hold anything in the place of a spec, also nothing. */
export const mainContainerName = (spec?: Pick<PodSpec, 'mainContainer'> | null): string =>
  spec?.mainContainer ?? DEFAULT_MAIN_CONTAINER;

export const DEFAULT_TIMEOUTS = {
  schedule: '15m',
  start: '15m',
  imagePull: '3m',
  total: '24h',
  nodeLost: '5m',
  drain: '60s',
  terminate: '60s',
} as const satisfies PodTimeouts;
/** A worker that is told to stop has about this long for everything. */
export const LONGEST_DRAIN = '60s';
/** A kubelet that was busy or restarted repairs the status of its pods within seconds; nothing shorter is a sign of anything. */
export const SHORTEST_NODE_LOST = '30s';
/** By which the pod's own deadline (`activeDeadlineSeconds`) is later than `timeouts.total`: later than every end that we bring about. */
export const DEADLINE_SLACK_SECONDS = 60;

/** Kubernetes' own default, too. */
export const DEFAULT_GRACE = '30s';

export const DEFAULT_RETRIES = { delay: '5s', factor: 2, maxDelay: '5m' } as const;

export const DEFAULT_KEEP = '1h';
/** A keep is for people, who come within days; what says more would stay for ever. */
export const LONGEST_KEEP = '30d';
/** Of `keepForDebug`; shorter than `LONGEST_KEEP`: its time begins after that of the keep, and the pod must outlive it. */
export const LONGEST_DEBUG = '29d';

/** Of a `runPod` activity: how long after its last heartbeat a worker is taken for dead. The operator of a worker may choose it, in milliseconds. */
export const DEFAULT_HEARTBEAT_TIMEOUT = 30_000;
export const SHORTEST_HEARTBEAT_TIMEOUT = 10_000;
export const LONGEST_HEARTBEAT_TIMEOUT = 600_000;

/** After this the sweeper is left: a dead node or a lost permission must not keep a workflow from its end for ever. */
export const CLEANUP_LIMIT = '15m';

/** Images that name no user run as this one: Pod Security `restricted` refuses root. */
export const DEFAULT_USER = 65532;

export const DEFAULT_TAIL_BYTES = 8192;

/** Begins the line of a log that is the result (`result.from: 'log'`). */
export const DEFAULT_MARKER = '::result::';
/** Of a result, as it was written and as compact JSON: half of what Temporal lets through, which has the spec to carry as well. */
export const MAX_RESULT_BYTES = 1024 * 1024;
