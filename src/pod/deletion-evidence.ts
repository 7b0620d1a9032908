/**
 * What was seen of a pod, in which order. The last state of a deleted pod does not tell whether it ended by itself: a pod that
 * traps SIGTERM shows `Succeeded` with exit code 0, and the kubelet's final delete rewrites the deletion time (grace 0). So the
 * first sight of a deletion is kept, and whether the main container had ended by then.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { defined } from '../common/defined.ts';
import { statusOf, isEarlier, seconds } from './status.ts';

export interface DeletionEvidence {
  /** Second in which the deletion was ordered, by its first sight. */
  deletion?: number;
  /** The main container ended, and no deletion had anything to do with it. */
  finishedByItself?: boolean;
}

export function deletionEvidence(before: DeletionEvidence, pod: V1Pod, main: string): DeletionEvidence {
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = pod.metadata ?? {};
  const ended = statusOf(pod, main)?.state?.terminated;
  // `deletionTimestamp` lies the grace period ahead of the moment of the DELETE. With grace 0 it may have been rewritten
  // by the kubelet's last word, so it says nothing about when the deletion began.
  const deletion =
    before.deletion ?? (deletionTimestamp ? (grace ? seconds(deletionTimestamp) - grace : 0) : undefined);
  const finishedByItself =
    before.finishedByItself ??
    (ended ? deletion === undefined || isEarlier(seconds(ended.finishedAt), deletion) : undefined);
  return defined({ deletion, finishedByItself });
}
