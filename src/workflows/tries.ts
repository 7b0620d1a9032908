/** Which endings of a pod are followed by another pod, pure. */
import type { OutcomeKind, PodFailureDetails, PodSpec } from '../types.ts';

/** Work may have been done: only the author can say, with `retries`, that it may be done again. */
const TRIED_AGAIN: readonly string[] = [
  'ContainerFailed',
  'OOMKilled',
  'InitContainerFailed',
  'PodDisrupted',
  'PodDeleted',
  'StartTimeout',
] satisfies OutcomeKind[];

/** The cluster's doing. If nothing of the pod ever ran, another one costs the author nothing. */
const CLUSTERS_DOING: readonly string[] = ['PodRejected', 'PodDisrupted', 'PodDeleted'] satisfies OutcomeKind[];
const FREE_RELAUNCHES = 3;

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60_000;

export interface Round {
  /** 1 for the first. */
  try: number;
  /** The next round after this failure, or nothing when it is final. */
  after(failure: PodFailureDetails | undefined): { round: Round; waitMs: number; why: string } | undefined;
}

export const firstTry = (spec: PodSpec): Round => nextTry(spec, 1, 0);

function nextTry(spec: PodSpec, tryNumber: number, freeUsed: number): Round {
  const retries = Number.isInteger(spec.retries) ? (spec.retries as number) : 0;
  return {
    try: tryNumber,
    after(failure) {
      if (!failure) return undefined;
      if (!failure.startedEver && CLUSTERS_DOING.includes(failure.kind) && freeUsed < FREE_RELAUNCHES)
        return {
          round: nextTry(spec, tryNumber, freeUsed + 1),
          waitMs: waitMs(freeUsed),
          why: `${failure.kind} before anything ran: a new pod, which costs no try`,
        };
      if (!TRIED_AGAIN.includes(failure.kind) || tryNumber > retries) return undefined;
      return {
        round: nextTry(spec, tryNumber + 1, freeUsed),
        waitMs: waitMs(tryNumber - 1),
        why: `${failure.kind}: try ${tryNumber + 1} of ${retries + 1}`,
      };
    },
  };
}

const waitMs = (earlier: number) => Math.min(FIRST_WAIT_MS * 2 ** earlier, LONGEST_WAIT_MS);
