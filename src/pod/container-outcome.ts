/** What the end of one container means, when nobody ended its pod. The container's reason is read before its exit code. */
import type { V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node';
import type { ExitCodes, OutcomeKind, PodOutcome } from '../contract/index.ts';
import { starvedInit } from './containers.ts';
import { defined } from './defined.ts';

export type Ending = Omit<PodOutcome, 'startedEver'>;

export function endOfMain(
  pod: V1Pod,
  main: string,
  { reason, message, exitCode }: V1ContainerStateTerminated,
  { success = [0], skip = [], retry = [], fatal = [] }: ExitCodes,
): Ending {
  const as = (kind: OutcomeKind, words = message): Ending => defined({ kind, reason, message: words, exitCode });
  // A child of the container's process can be killed for memory while the process itself ends with 0.
  if (reason === 'OOMKilled') return as('OOMKilled', memory(pod, main, message));
  if (isStartError(reason)) return as('ContainerCannotRun');
  // Its termination message is its result, and none of a reader's business here.
  if (skip.includes(exitCode)) return defined({ kind: 'Skipped', reason, exitCode });
  if (success.includes(exitCode)) {
    const starved = starvedInit(pod);
    // What it was to prepare may be missing a part, although the main container did not notice.
    if (starved) return endOfInit(pod, starved.name, starved.ended);
    return defined({ kind: 'Succeeded', reason, exitCode });
  }
  const listed = retry.includes(exitCode) || fatal.includes(exitCode);
  return as(!listed && isCannotRun(exitCode) ? 'ContainerCannotRun' : 'ContainerFailed');
}

export function endOfInit(pod: V1Pod, container: string, ended: V1ContainerStateTerminated): Ending {
  const { reason, message, exitCode } = ended;
  const as = (kind: OutcomeKind, words = message): Ending =>
    defined({ kind, reason, message: words, exitCode, container });
  if (reason === 'OOMKilled') return as('OOMKilled', memory(pod, container, message));
  return as(isStartError(reason) || isCannotRun(exitCode) ? 'ContainerCannotRun' : 'InitContainerFailed');
}

/** The runtime's words: it could not execute the command. The exit code is made up (128). */
const isStartError = (reason: string | undefined) => reason === 'StartError' || reason === 'ContainerCannotRun';

/** 126, 127 and 128 are what shells and runtimes answer when the command cannot be executed or found. */
const isCannotRun = (exitCode: number) => exitCode >= 126 && exitCode <= 128;

function memory(pod: V1Pod, name: string, message: string | undefined): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const limit = all.find((container) => container.name === name)?.resources?.limits?.['memory'];
  const words = limit ? `its memory limit is ${limit}` : 'it has no memory limit of its own: its node had no more';
  return message?.trim() ? `${words}; ${message.trim()}` : words;
}
