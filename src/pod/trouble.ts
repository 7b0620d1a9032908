/**
 * A container that will not start by waiting. Kubernetes does not tell since when it fails, so the first sight counts and is
 * remembered (`PodRecord.trouble`): a slow pull that fails once has its whole grace.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { OutcomeKind, PodRecord } from '../contract/index.ts';
import { containerStatuses } from './containers.ts';

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
