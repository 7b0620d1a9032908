/** Follows a recorded pod as an attempt does, which may have come only when the pod had a history already. */
import type { ExitCodes, OutcomeKind, PodOutcome, PodRecord, PodTimeouts } from '../../../src/contract/index.ts';
import { deadlines } from '../../../src/pod/deadlines.ts';
import { nextDeadline } from '../../../src/pod/next-deadline.ts';
import { outcomeOf, outcomeOfGone } from '../../../src/pod/outcome.ts';
import { deletionEvidence, type DeletionEvidence } from '../../../src/pod/deletion-evidence.ts';
import { remembered, troubleOf } from '../../../src/pod/waiting.ts';
import { EPOCH, type Recording } from './recording.ts';

export interface Judgement {
  outcome: PodOutcome;
  /** Seconds after the pod's creation at which it is given up, when it does not end by itself. */
  givenUpAt?: number;
  /** Kinds of the outcome at the states after the first that had one. */
  later: (OutcomeKind | undefined)[];
}

const created = new Date(EPOCH).getTime();

export function judge(
  { states, deleted }: Pick<Recording, 'states' | 'deleted'>,
  { exitCodes, timeouts }: { exitCodes?: ExitCodes; timeouts?: PodTimeouts } = {},
): Judgement {
  const limits = deadlines({ ...(timeouts && { timeouts }) }, created);
  let evidence: DeletionEvidence = {};
  let trouble: PodRecord['trouble'];
  let first: PodOutcome | undefined;
  const later: (OutcomeKind | undefined)[] = [];
  for (const { at, pod } of states) {
    evidence = deletionEvidence(evidence, pod, 'base');
    trouble = remembered(troubleOf(pod), trouble, created + 1000 * at);
    const outcome = outcomeOf(pod, 'base', evidence, exitCodes);
    if (first) later.push(outcome?.kind);
    first ??= outcome;
  }
  const last = states.at(-1)?.pod ?? {};
  if (first) return { outcome: first, later };
  if (deleted) return { outcome: outcomeOfGone(last, true), later };
  const due = nextDeadline(last, 'base', limits, trouble);
  return { outcome: due.outcome, givenUpAt: (due.at - created) / 1000, later };
}
