/** The workflow's own way to make a pod go: for every ending of an activity that did not confirm it. */
import { CancellationScope, log } from '@temporalio/workflow';
import type { StringValue } from 'ms';
import { milliseconds } from '../common/duration.ts';
import { CLEANUP_LIMIT, DEFAULT_KEEP, LONGEST_KEEP } from '../contract/defaults.ts';
import type { Cleanup, DeletePodInput, PodRef, PodSpec } from '../contract/index.ts';
import type { PodFacts } from './activity-result.ts';
import { cleanupCalls, whyNotCleaned } from './dag/index.ts';

export function cleanupOf(spec: PodSpec, task: string, activityId: string) {
  const within = (limit: StringValue) => cleanupCalls(`clean up ${task}`, limit);
  const input = {
    activityId,
    task,
    ...(spec.namespace !== undefined && { namespace: spec.namespace }),
    ...(spec.mainContainer !== undefined && { mainContainer: spec.mainContainer }),
    ...(spec.logs && { logs: spec.logs }),
  };

  async function toTheEnd(
    { pod, cluster }: PodFacts,
    mode: Pick<DeletePodInput, 'mode' | 'keepUntil'>,
  ): Promise<Cleanup> {
    try {
      return await CancellationScope.nonCancellable(() =>
        within(CLEANUP_LIMIT).deletePod({ ...input, ...mode, ...whereIs(pod), ...(cluster && { cluster }) }),
      );
    } catch (error) {
      const why = whyNotCleaned(error);
      log.error(`${task}: its pod may still be there; the sweeper is left to find it`, { activityId, why });
      return { gone: false, error: why };
    }
  }
  return {
    /** Confirms nothing; what it fails to do, `confirm` does. */
    hurry: () =>
      void CancellationScope.nonCancellable(() => within('30s').deletePod({ ...input, mode: 'hurry' })).catch(
        () => undefined,
      ),
    confirm: (told: PodFacts) => toTheEnd(told, { mode: 'confirm' }),
    /** For a cancelled task whose pod shall run on, when no attempt has heard of the cancel. */
    keep: (told: PodFacts) =>
      toTheEnd(told, { mode: 'keep', keepUntil: new Date(Date.now() + keepFor(spec)).toISOString() }),
  };
}

/** Where the pod was: the worker's default namespace may be another one by now. */
const whereIs = (pod: PodRef | undefined) => pod && { uid: pod.uid, namespace: pod.namespace };

/** A spec that no attempt has looked at may have anything here. */
function keepFor({ keepFor = DEFAULT_KEEP }: PodSpec): number {
  try {
    return Math.min(milliseconds(keepFor), milliseconds(LONGEST_KEEP));
  } catch {
    return milliseconds(DEFAULT_KEEP);
  }
}
