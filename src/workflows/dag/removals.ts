/**
 * Pods whose results came before they were gone. A run confirms all of them at its end, in one call, so that it never closes while a
 * pod of it may still be there.
 */
import { CancellationScope, log } from '@temporalio/workflow';
import { CLEANUP_LIMIT } from '../../contract/defaults.ts';
import type { Cleanup, ConfirmPodsInput } from '../../contract/index.ts';
import { cleanupCalls, inCalls, whyNotCleaned } from './cleanup-calls.ts';

export interface Removal {
  readonly pod: ConfirmPodsInput['pods'][number];
  /** That of the result, which is in the author's hands: it is made true. */
  readonly cleanup: Cleanup;
}

/** The SDK loads workflow code anew for each workflow, so this belongs to one run. */
const removals: Removal[] = [];

export const confirmLater = (removal: Removal): void => void removals.push(removal);

/** Never throws: what cannot be confirmed is told, and the sweeper is left. A cancel does not cut it short. */
export async function confirmRemovals(): Promise<void> {
  const calls = inCalls(removals.splice(0));
  await CancellationScope.nonCancellable(() => Promise.all(calls.map(confirmAll)));
}

async function confirmAll(removals: readonly Removal[]): Promise<void> {
  const settle = (cleanupOf: (activityId: string) => Cleanup) => {
    for (const { pod, cleanup } of removals) {
      delete cleanup.removing;
      Object.assign(cleanup, cleanupOf(pod.activityId));
    }
  };
  try {
    const { confirmPods } = cleanupCalls('confirm that the pods are gone', CLEANUP_LIMIT);
    const unconfirmed = await confirmPods({ pods: removals.map(({ pod }) => pod) });
    settle((activityId) => unconfirmed[activityId] ?? { gone: true });
  } catch (error) {
    const why = whyNotCleaned(error);
    log.error('pods of this run may still be there; the sweeper is left to find them', { why });
    settle(() => ({ gone: false, error: why }));
  }
}
