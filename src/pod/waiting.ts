/**
 * Why a pod does not run yet, in Kubernetes' words; and which container will not start by waiting (its trouble). Kubernetes does not
 * tell since when one fails, so the first sight counts and is remembered (`PodRecord.trouble`): a slow pull that fails once has its
 * whole grace.
 */
import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { OutcomeKind, PodRecord } from '../contract/index.ts';
import { someOf } from '../common/issue-text.ts';
import { conditionOf, containerStatuses, isSidecar, runningInit, scheduledAt, statusOf } from './status.ts';

export interface Waiting {
  reason: string;
  message?: string;
  /** The sidecar that keeps the others from their start. */
  container?: string;
}

export function waitingFor(pod: V1Pod): Waiting | undefined {
  const stuck = containerStatuses(pod).find(({ state }) => state?.waiting?.reason && !isOrdinary(state.waiting.reason));
  if (stuck) return ofContainer(pod, stuck);
  const unscheduled = conditionOf(pod, 'PodScheduled');
  // A gate that is gone is still told for a moment.
  const isStale = unscheduled?.reason === 'SchedulingGated' && !pod.spec?.schedulingGates?.length;
  if (unscheduled?.status === 'False' && !isStale) {
    const { reason = 'Unschedulable', message } = unscheduled;
    const gates = reason === 'SchedulingGated' ? someOf(pod.spec?.schedulingGates?.map(({ name }) => name) ?? []) : '';
    return waiting(reason, [message, gates].filter(Boolean).join(': '));
  }
  const sidecar = pod.status?.initContainerStatuses?.find(({ state, started }) => state?.running && started === false);
  if (sidecar && isSidecar(pod, sidecar.name))
    return notStarted(sidecar.name, 'runs, but its startup probe has not passed');
  // Between two of its starts, and Kubernetes says only that the pod is initializing.
  const crashed = pod.status?.initContainerStatuses?.find(
    ({ name, state }) => state?.terminated && isSidecar(pod, name),
  );
  if (crashed) return notStarted(crashed.name, endOf(crashed.state?.terminated));
  const ordinary = containerStatuses(pod).find(({ state }) => state?.waiting?.reason);
  return ordinary && ofContainer(pod, ordinary);
}

function ofContainer(pod: V1Pod, { name, state, lastState }: V1ContainerStatus): Waiting {
  const { reason = '', message } = state?.waiting ?? {};
  // Only sidecars restart: why the last one ended says more than how long the next one waits.
  const before = lastState?.terminated;
  if (!before) return waiting(reason, message);
  const words = `${isSidecar(pod, name) ? 'sidecar' : 'container'} ${name} ${endOf(before)}`;
  return { ...waiting(reason, message ? `${words}; ${message}` : words), container: name };
}

const endOf = (end: V1ContainerStateTerminated | undefined) =>
  `ended with exit code ${end?.exitCode}${end?.reason ? ` (${end.reason})` : ''}`;

const notStarted = (container: string, how: string): Waiting => ({
  reason: 'SidecarNotStarted',
  message: `sidecar ${container} ${how}`,
  container,
});

const waiting = (reason: string, message: string | undefined) => ({ reason, ...(message ? { message } : {}) });

const isOrdinary = (reason: string) => reason === 'ContainerCreating' || reason === 'PodInitializing';

/** Whether it has its node, does not start, and its status has no word of why: then only its events may tell. */
export function waitsInSilence(pod: V1Pod, main: string): boolean {
  if (scheduledAt(pod) === undefined || pod.metadata?.deletionTimestamp) return false;
  if (runningInit(pod) || hasBegun(statusOf(pod, main))) return false;
  const why = waitingFor(pod);
  return why === undefined || isOrdinary(why.reason);
}

const hasBegun = (status: V1ContainerStatus | undefined) =>
  status?.state?.running !== undefined || status?.state?.terminated !== undefined;

/**
 * When the events of a pod that waits in silence are read for the n-th time, in ms after it was first seen so: not at once, since most
 * pods start within seconds, and then seldom.
 */
export const nextLook = (n: number, startMs: number): number =>
  n === 0 ? Math.min(5_000, startMs / 3) : 30_000 + 120_000 * (n - 1);

/** How long a container may go on being refused: the Secret it waits for may be about to be created. */
export const CONFIG_GRACE_MS = 60_000;

export interface Trouble {
  kind: OutcomeKind;
  container: string;
  reason: string;
  message?: string;
  /** By when it may still pass: at once it is given up, or after the one or the other grace. */
  grace: 'none' | 'config' | 'imagePull';
}

/** What is worst in this state of the pod. */
export function troubleOf(pod: V1Pod): Trouble | undefined {
  const all = containerStatuses(pod).flatMap(({ name, state }): Trouble[] => {
    const { reason, message } = state?.waiting ?? {};
    const verdict = reason ? verdictOn(reason, message ?? '') : undefined;
    return reason && verdict ? [{ ...verdict, container: name, reason, ...(message && { message }) }] : [];
  });
  return all.find(({ grace }) => grace === 'none') ?? all[0];
}

/** Since when there is this trouble, by what was remembered of it. */
export function remembered(
  trouble: Trouble | undefined,
  before: PodRecord['trouble'],
  now: number,
): PodRecord['trouble'] {
  if (!trouble) return undefined;
  const { kind, container } = trouble;
  return before?.kind === kind && before.container === container ? before : { kind, container, since: now };
}

function verdictOn(reason: string, message: string): Pick<Trouble, 'kind' | 'grace'> | undefined {
  switch (reason) {
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return { kind: 'InvalidImage', grace: 'none' };
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ImageInspectError':
    case 'RegistryUnavailable':
    case 'SignatureValidationFailed':
      return { kind: 'ImagePullFailed', grace: isFinalPullError(message) ? 'none' : 'imagePull' };
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'PreCreateHookError':
    case 'PreStartHookError':
      return { kind: 'ContainerConfigError', grace: 'config' };
    default:
      return undefined;
  }
}

/** The registry answered, and its answer will not change by asking again. */
const isFinalPullError = (message: string) =>
  /manifest unknown|repository does not exist|not found|access denied|unauthorized|403 forbidden/i.test(message) &&
  !/too ?many ?requests|timeout|temporar|unavailable|no such host/i.test(message);
