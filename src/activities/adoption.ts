/** Whether a pod that is found under our name is the one that this attempt would create. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Attempt } from './attempt.ts';
import { failNow } from './failure.ts';
import { belongsTo, isGated, refOf } from './pod/identity.ts';
import { graceOf } from './pod/names.ts';
import { removePod } from './remove-pod.ts';

/**
 * A pod under our name: ours by its full key and by what it runs, or a stranger's, which is never touched. False: it was ours,
 * of an older template, policy or callback, and never ran; it is gone now.
 */
export async function adopt(attempt: Attempt, pod: V1Pod, manifest: V1Pod): Promise<boolean> {
  const { key, main, cluster } = attempt;
  const ours = belongsTo(pod, key);
  // Whoever may create pods here could have put one under our name, with our key: it must also run what we would have run.
  if (ours && whatRuns(pod, main) === whatRuns(manifest, main)) return true;
  if (ours && isGated(pod)) {
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
