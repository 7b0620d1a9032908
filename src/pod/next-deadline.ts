/** What ends a pod that does not end by itself: the earliest of everything that can pass in the state it is in. */
import type { V1Pod } from '@kubernetes/client-node';
import type { OutcomeKind, PodOutcome, PodRecord } from '../contract/index.ts';
import { initTime, runningInit, runningSince, scheduledAt, silentSince, everStarted } from './status.ts';
import { nameOf, type Deadlines } from './deadlines.ts';
import { CONFIG_GRACE_MS, troubleOf, waitingFor } from './waiting.ts';

/** The time (ms since the epoch) at which this pod, if it stays as it is, is given up, and as what. */
export interface NextDeadline {
  at: number;
  outcome: PodOutcome;
}

/** @param trouble since when its containers are in trouble, as remembered */
export function nextDeadline(
  pod: V1Pod,
  main: string,
  limits: Deadlines,
  trouble?: PodRecord['trouble'],
): NextDeadline {
  const due = [
    whole(limits),
    ...(runningSince(pod, main) === undefined ? beforeTheStart(pod, limits, trouble) : whileItRuns(pod, main, limits)),
    ...whileItTerminates(pod, limits),
  ];
  const { at, ...outcome } = due.reduce((first, other) => (other.at < first.at ? other : first));
  return { at, outcome: { ...outcome, startedEver: everStarted(pod) } };
}

/** Before the words of Kubernetes, when a pod did not start. */
export const LAST_HEARD = '; last heard: ';

type Candidate = { at: number; kind: OutcomeKind } & Omit<PodOutcome, 'kind' | 'startedEver'>;

const whole = (limits: Deadlines): Candidate => ({
  at: limits.total,
  kind: 'DeadlineExceeded',
  reason: 'TotalTimeout',
  message: `${nameOf('total', limits)} passed`,
});

function beforeTheStart(pod: V1Pod, limits: Deadlines, since: PodRecord['trouble']): Candidate[] {
  return [...inTrouble(pod, limits, since), ...late(pod, limits)];
}

function late(pod: V1Pod, limits: Deadlines): Candidate[] {
  const why = waitingFor(pod);
  const passed = (key: 'schedule' | 'start') =>
    `${nameOf(key, limits)} passed${why?.message ? `${LAST_HEARD}${why.message}` : ''}`;
  const scheduled = scheduledAt(pod);
  if (scheduled === undefined)
    return [
      {
        at: limits.schedule,
        kind: 'ScheduleTimeout',
        reason: why?.reason ?? 'NotScheduled',
        message: passed('schedule'),
      },
    ];
  const init = runningInit(pod);
  // The clock of the start stands still while an init container has its turn.
  if (init) return limits.init === undefined ? [] : [lateInit(init, limits.init, limits)];
  const at = scheduled + limits.start + initTime(pod);
  const container = why?.container;
  return [
    {
      at,
      kind: 'StartTimeout',
      reason: why?.reason ?? 'NotStarted',
      message: passed('start'),
      ...(container !== undefined && { container }),
    },
  ];
}

const lateInit = ({ name, since }: { name: string; since: number }, length: number, limits: Deadlines): Candidate => ({
  at: since + length,
  kind: 'InitTimeout',
  reason: 'InitTimeout',
  message: `${nameOf('init', limits)} passed`,
  container: name,
});

function inTrouble(pod: V1Pod, limits: Deadlines, since: PodRecord['trouble']): Candidate[] {
  const trouble = troubleOf(pod);
  if (!trouble || !since) return [];
  const { grace, ...outcome } = trouble;
  const length = { none: 0, config: CONFIG_GRACE_MS, imagePull: limits.imagePull }[grace];
  return [{ at: since.since + length, ...outcome }];
}

function whileItRuns(pod: V1Pod, main: string, limits: Deadlines): Candidate[] {
  const due: Candidate[] = [];
  const started = runningSince(pod, main);
  if (started !== undefined && limits.run !== undefined)
    due.push({
      at: started + limits.run,
      kind: 'DeadlineExceeded',
      reason: 'RunTimeout',
      message: `${nameOf('run', limits)} passed`,
    });
  const silent = silentSince(pod);
  if (silent !== undefined)
    due.push({
      at: silent + limits.nodeLost,
      kind: 'NodeLost',
      reason: 'NodeNotReady',
      message: `nothing was heard of its node for ${nameOf('nodeLost', limits)}`,
    });
  return due;
}

/** `deletionTimestamp` lies its grace after the DELETE: by then a kubelet that lives has killed it. */
function whileItTerminates(pod: V1Pod, limits: Deadlines): Candidate[] {
  if (!pod.metadata?.deletionTimestamp) return [];
  const end = new Date(pod.metadata.deletionTimestamp).getTime();
  // Somebody's finalizer keeps it: no node will ever get it.
  if (scheduledAt(pod) === undefined && !everStarted(pod))
    return [{ at: end, kind: 'PodDeleted', reason: 'Deleted', message: 'it was deleted before it had a node' }];
  return [
    {
      at: end + limits.nodeLost,
      kind: 'NodeLost',
      reason: 'StuckTerminating',
      message: `it was deleted, and its node did not confirm its end for ${nameOf('nodeLost', limits)}`,
    },
  ];
}
