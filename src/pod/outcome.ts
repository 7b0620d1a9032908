/**
 * pod → outcome, pure. A killed pod must never pass for a success, so the evidence is read in a fixed order: the pod's own reason,
 * then a disruption, then a deletion we did not order, then the container's reason, and only then the exit code
 * (tektoncd/pipeline#6145, #1806; kubernetes/kubernetes#131530).
 */
import type { V1Pod, V1PodCondition, V1ContainerStateTerminated } from '@kubernetes/client-node';
import type { ExitCodes, OutcomeKind, PodOutcome } from '../contract/index.ts';
import { defined, type Loose } from '../common/defined.ts';
import { everStarted, hasStarted, isLost, ordinaryInits, starvedInit, statusOf, isEarlier, seconds } from './status.ts';
import { containersOf } from './walk.ts';
import { DISRUPTED, type DeletionEvidence } from './deletion-evidence.ts';

/** A pod that is Failed for one of these was refused by its node before any container ran. */
const REJECTED =
  /^(OutOf\w+|UnexpectedAdmissionError|NodeAffinity|TopologyAffinityError|PodOSNotSupported|PodOSSelectorNodeLabelDoesNotMatch|\w*AdmissionError|\w*NotSupported)$/i;

/** The outcome of a pod whose main container will not run (any more); undefined while it may. */
export function outcomeOf(
  pod: V1Pod,
  main: string,
  evidence: DeletionEvidence,
  exitCodes: ExitCodes = {},
): PodOutcome | undefined {
  const status = statusOf(pod, main);
  const ended = status?.state?.terminated;
  const over = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  // With exit code 0 a kubelet starts nothing after it, and leaves the pod Pending for ever.
  const starved = status && hasStarted(status) ? undefined : starvedInit(pod);
  if (!ended && !over && !starved) return undefined;

  const startedEver = everStarted(pod);
  const as = (kind: OutcomeKind, more: Loose<Omit<PodOutcome, 'kind' | 'startedEver'>>): PodOutcome =>
    defined({ kind, startedEver, ...more });
  const exitCode = ended?.exitCode;
  const { reason, message } = pod.status ?? {};

  if (reason === 'DeadlineExceeded') return as('DeadlineExceeded', { reason, message, exitCode });
  // In the end the kubelet may have taken its reason away again.
  const stop = reason && over && DISRUPTED.test(reason) ? { reason, message } : evidence.stoppedFor;
  if (stop) return as(isOwnLimit(stop.message) ? 'ContainerFailed' : 'PodDisrupted', { ...stop, exitCode });
  if (reason && over && REJECTED.test(reason))
    return as(startedEver ? 'PodDisrupted' : 'PodRejected', { reason, message });

  const disruption = disruptionOf(pod);
  const { finishedAt } = ended ?? starved?.ended ?? {};
  if (disruption && !isEarlier(seconds(finishedAt), seconds(disruption.lastTransitionTime)))
    return as('PodDisrupted', { reason: disruption.reason, message: disruption.message, exitCode });
  if (evidence.deletion !== undefined && !evidence.finishedByItself)
    return as('PodDeleted', { reason: 'Deleted', message: BY_WHOM, exitCode });

  // Only an exit code that somebody saw decides.
  const lost = [ended, ...ordinaryInits(pod).map(({ state }) => state?.terminated)].find((end) => end && isLost(end));
  if (lost) return as('PodDisrupted', { reason: lost.reason, message: lost.message });
  if (ended) return { ...endOfMain(pod, main, ended, exitCodes), startedEver };
  if (starved) return { ...endOfInit(pod, starved.name, starved.ended), startedEver };
  const init = ordinaryInits(pod).find(({ state }) => state?.terminated?.exitCode);
  if (init?.state?.terminated) return { ...endOfInit(pod, init.name, init.state.terminated), startedEver };
  // Failed without a word about its containers: nobody saw it run.
  return as(startedEver ? 'PodDisrupted' : 'PodRejected', { reason: reason ?? 'NoContainerStatus', message });
}

/**
 * The outcome of a pod that is gone, and whose last known state was not an end. Only the last word of a pod (`lastWord`) tells
 * that it never started; what was known before says nothing of what came after.
 */
export function outcomeOfGone(pod: V1Pod, lastWord: boolean): PodOutcome {
  const startedEver = !lastWord || everStarted(pod);
  const disruption = disruptionOf(pod);
  if (disruption)
    return defined<PodOutcome>({
      kind: 'PodDisrupted',
      reason: disruption.reason,
      message: disruption.message,
      startedEver,
    });
  return { kind: 'PodDeleted', reason: 'Gone', message: BY_WHOM, startedEver };
}

/** Neither the pod nor its events name the one who deletes it; only the API server's audit log does. */
const BY_WHOM = 'by whom, only the audit log of the API server can tell';

/** Set before the deletion by whoever takes a pod down for the cluster's sake: scheduler, eviction, taint, pod GC, kubelet. */
const disruptionOf = (pod: V1Pod): V1PodCondition | undefined =>
  pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');

type Ending = Omit<PodOutcome, 'startedEver'>;

/** What the end of one container means, when its pod was not ended. The container's reason is read before its exit code. */
function endOfMain(
  pod: V1Pod,
  main: string,
  { reason, message, exitCode }: V1ContainerStateTerminated,
  { success = [0], skip = [] }: ExitCodes,
): Ending {
  const as = (kind: OutcomeKind, words = message): Ending => defined({ kind, reason, message: words, exitCode });
  // A child of the container's process can be killed for memory while the process itself ends with 0.
  if (reason === 'OOMKilled') return as('OOMKilled', memory(pod, main, message));
  if (isStartError(reason)) return as('ContainerCannotRun');
  const { restartCount = 0 } = statusOf(pod, main) ?? {};
  if (restartCount > 0 && (skip.includes(exitCode) || success.includes(exitCode)))
    return defined({ kind: 'PodDisrupted', reason: 'Restarted', message: RESTARTED, exitCode });
  // Its termination message is its result, and none of a reader's business here.
  if (skip.includes(exitCode)) return defined({ kind: 'Skipped', reason, exitCode });
  if (success.includes(exitCode)) {
    const starved = starvedInit(pod);
    // What it was to prepare may be missing a part, although the main container did not notice.
    if (starved) return endOfInit(pod, starved.name, starved.ended);
    return defined({ kind: 'Succeeded', reason, exitCode });
  }
  return as('ContainerFailed');
}

/** Its work was done again from the start, whatever the first start had done of it. */
const RESTARTED = 'its node started the main container a second time: its work ran twice, at least in part';

function endOfInit(pod: V1Pod, container: string, ended: V1ContainerStateTerminated): Ending {
  const { reason, message, exitCode } = ended;
  const as = (kind: OutcomeKind, words = message): Ending =>
    defined({ kind, reason, message: words, exitCode, container });
  if (reason === 'OOMKilled') return as('OOMKilled', memory(pod, container, message));
  return as(isStartError(reason) ? 'ContainerCannotRun' : 'InitContainerFailed');
}

/** The runtime's words: it could not execute the command. Its exit code (128) is made up; 126 to 128 without it are a program's own. */
const isStartError = (reason: string | undefined) => reason === 'StartError' || reason === 'ContainerCannotRun';

/**
 * Of an eviction: the pod used more storage than the limit of its own volume or containers, as it would again. The words are
 * those of the kubelet's eviction manager; all its others blame the node.
 */
export const isOwnLimit = (message = ''): boolean => /\bexceed(s|ed)\b.*\blimit\b/.test(message);

function memory(pod: V1Pod, name: string, message: string | undefined): string {
  const limit = containersOf(pod.spec).find(({ item }) => item.name === name)?.item.resources?.limits?.['memory'];
  const words = limit ? `its memory limit is ${limit}` : 'it has no memory limit of its own: its node had no more';
  return message?.trim() ? `${words}; ${message.trim()}` : words;
}
