/**
 * What ends a pod that does not end by itself. All times are absolute and follow from the activity's scheduled time and the
 * pod's own status, so an attempt that takes over finds the clocks where they were.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodOutcome, PodSpec } from '../../types.ts';
import { milliseconds } from '../../duration.ts';
import { containerStatuses, everStarted, statusOf } from './outcome.ts';

const DEFAULT_START = '15m';
const DEFAULT_TOTAL = '24h';
/** How long a pull may go on failing: registries answer 429 and 503, and recover. */
const IMAGE_PULL_GRACE = 3 * 60_000;
/** How long a container may go on being refused: the Secret it waits for may be about to be created. */
const CONFIG_GRACE = 60_000;

/** How long after its grace a deleted pod may be silent: its node is dead or cut off. */
const STUCK_AFTER = 2 * 60_000;

export interface Deadlines {
  start: number;
  total: number;
  /** Length, in ms; counted from the main container's start. */
  run?: number;
}

/** @param scheduledAt when the activity was scheduled, in ms since the epoch: the same for all its attempts */
export function deadlines(spec: PodSpec, scheduledAt: number): Deadlines {
  const total = scheduledAt + milliseconds(spec.timeouts?.total ?? DEFAULT_TOTAL);
  return {
    start: Math.min(total, scheduledAt + milliseconds(spec.timeouts?.start ?? DEFAULT_START)),
    total,
    ...(spec.timeouts?.run !== undefined && { run: milliseconds(spec.timeouts.run) }),
  };
}

/** The earliest time (ms since the epoch) at which this pod, if it stays as it is, is given up, and as what. */
export interface Due {
  at: number;
  outcome: PodOutcome;
}

export function nextDue(pod: V1Pod | undefined, main: string, limits: Deadlines): Due {
  const startedEver = pod !== undefined && everStarted(pod);
  const running = pod && statusOf(pod, main)?.state?.running;
  const due: Due[] = [
    {
      at: limits.total,
      outcome: { kind: 'DeadlineExceeded', reason: 'TotalTimeout', message: 'timeouts.total passed', startedEver },
    },
  ];
  if (running && limits.run !== undefined)
    due.push({
      at: new Date(running.startedAt ?? 0).getTime() + limits.run,
      outcome: { kind: 'DeadlineExceeded', reason: 'RunTimeout', message: 'timeouts.run passed', startedEver },
    });
  if (!running) {
    const why = pod ? waitingFor(pod) : undefined;
    due.push({
      at: limits.start,
      outcome: {
        kind: 'StartTimeout',
        reason: why?.reason ?? 'NotStarted',
        message: `timeouts.start passed${why?.message ? `; last heard: ${why.message}` : ''}`,
        startedEver,
      },
    });
    const trouble = pod && troubleOf(pod);
    if (trouble) due.push(trouble);
  }
  if (pod?.metadata?.deletionTimestamp)
    due.push({
      at: new Date(pod.metadata.deletionTimestamp).getTime() + STUCK_AFTER,
      outcome: {
        kind: 'PodDisrupted',
        reason: 'StuckTerminating',
        message: 'it was deleted, and its node has not confirmed its end: the node may be lost',
        startedEver,
      },
    });
  return due.reduce((first, other) => (other.at < first.at ? other : first));
}

/** Why the pod does not run yet, in Kubernetes' words. */
export function waitingFor(pod: V1Pod): { reason: string; message?: string } | undefined {
  const stuck = containerStatuses(pod).find(
    ({ state }) => state?.waiting?.reason && !isOrdinaryWait(state.waiting.reason),
  );
  if (stuck?.state?.waiting?.reason) return waiting(stuck.state.waiting.reason, stuck.state.waiting.message);
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  // A gate that is gone is still told for a moment.
  const isStale = unscheduled?.reason === 'SchedulingGated' && !pod.spec?.schedulingGates?.length;
  if (unscheduled && !isStale) return waiting(unscheduled.reason ?? 'Unschedulable', unscheduled.message);
  const ordinary = containerStatuses(pod).find(({ state }) => state?.waiting?.reason);
  return ordinary && waiting(ordinary.state?.waiting?.reason ?? '', ordinary.state?.waiting?.message);
}

const waiting = (reason: string, message: string | undefined) => ({ reason, ...(message ? { message } : {}) });

const isOrdinaryWait = (reason: string) => reason === 'ContainerCreating' || reason === 'PodInitializing';

/** A container that will not start by waiting; counted from the moment the pod got its node, or the container its turn. */
function troubleOf(pod: V1Pod): Due | undefined {
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const turns = (pod.status?.initContainerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt);
  const since = Math.max(
    ...[scheduled?.lastTransitionTime ?? pod.metadata?.creationTimestamp, ...turns].map((at) =>
      new Date(at ?? 0).getTime(),
    ),
  );
  for (const { name, state } of containerStatuses(pod)) {
    const { reason, message } = state?.waiting ?? {};
    const verdict = reason && giveUp(reason, message ?? '');
    if (verdict)
      return {
        at: since + verdict.after,
        outcome: {
          kind: verdict.kind,
          reason,
          ...(message ? { message } : {}),
          container: name,
          startedEver: everStarted(pod),
        },
      };
  }
  return undefined;
}

function giveUp(reason: string, message: string): { kind: PodOutcome['kind']; after: number } | undefined {
  switch (reason) {
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return { kind: 'InvalidImage', after: 0 };
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return { kind: 'ImagePullFailed', after: isFinalPullError(message) ? 0 : IMAGE_PULL_GRACE };
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return { kind: 'ContainerConfigError', after: CONFIG_GRACE };
    default:
      return undefined;
  }
}

/** The registry answered, and its answer will not change by asking again. */
const isFinalPullError = (message: string) =>
  /manifest unknown|repository does not exist|not found|access denied|pull access denied|unauthorized/i.test(message) &&
  !/too many requests|timeout|temporar|unavailable|no such host/i.test(message);
