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
  /** A reason of the pod, seen before or with the end of its main container: the kubelet stops it for this, and may leave no word of it. */
  stoppedFor?: { reason: string; message?: string };
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
  const sawItsEnd = before.finishedByItself !== undefined;
  const stoppedFor = before.stoppedFor ?? (sawItsEnd ? undefined : stopOf(pod));
  return defined({ deletion, finishedByItself, stoppedFor });
}

/** The cluster takes it down; `Preempting` is the kubelet's, for a critical pod on the same node. */
export const DISRUPTED = /^(Evicted|Preempting|NodeLost|NodeShutdown|Shutdown|Terminated|UnexpectedNodeShutdown)$/;

/** Not `NodeLost`: a node that comes back takes it away again, and has stopped nothing. */
function stopOf({ status }: V1Pod): DeletionEvidence['stoppedFor'] {
  const { reason, message } = status ?? {};
  return reason && DISRUPTED.test(reason) && reason !== 'NodeLost' ? defined({ reason, message }) : undefined;
}
