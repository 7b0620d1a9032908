/** Whether a pod that is found under our name is the one that this attempt would create. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Attempt } from './attempt.ts';
import { failNow } from './failure.ts';
import { belongsTo, isGated, refOf } from '../pod/identity.ts';
import { graceOf } from '../pod/names.ts';
import { removePod } from './remove-pod.ts';

/**
 * By its full key, and past the gate that only we open, after its uid was recorded: Temporal has forgotten (an activity reset), the
 * pod works. Whoever may create pods in this namespace could make one like it; who may do that is trusted with the namespace.
 */
export const isOursAtWork = ({ key }: Attempt, pod: V1Pod): boolean => belongsTo(pod, key) && !isGated(pod);

/**
 * A pod under our name that has not run: ours by its full key, if it is what we would make now; a stranger's is never touched.
 * False: it was ours, of an older template, policy or callback; it is gone now.
 */
export async function adopt(attempt: Attempt, pod: V1Pod, manifest: V1Pod): Promise<boolean> {
  const { key, main, cluster } = attempt;
  const ours = belongsTo(pod, key);
  if (ours && whatRuns(pod, main) === whatRuns(manifest, main)) return true;
  if (ours) {
    const expectSeconds = graceOf(pod);
    const why = `pod ${pod.metadata?.name}, made by an older worker, is still there`;
    while (!(await removePod(cluster, refOf(pod), { expectSeconds, signal: attempt.signal })).gone) {
      await attempt.throwIfInterrupted();
      attempt.throwIfLateToCreate(why);
    }
    return false;
  }
  throw failNow(
    'PodNameConflict',
    `pod ${pod.metadata?.namespace}/${pod.metadata?.name} exists and is not of this task; delete it or find out who made it`,
  );
}

function whatRuns(pod: V1Pod, main: string): string {
  const container = pod.spec?.containers.find(({ name }) => name === main);
  // The API server leaves empty lists out.
  return JSON.stringify([container?.image, container?.command ?? [], container?.args ?? []]);
}
