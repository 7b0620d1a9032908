/** The workflow's own way to make a pod go: for every ending of an activity that did not confirm it. */
import { CancellationScope, log, patched } from '@temporalio/workflow';
import { milliseconds } from '../common/duration.ts';
import { CLEANUP_LIMIT, DEFAULT_KEEP, LONGEST_KEEP } from '../contract/defaults.ts';
import type { Cleanup, DeletePodInput, PodRef, PodSpec } from '../contract/index.ts';
import type { PodFacts } from './activity-result.ts';
import { cleanupCalls, inCalls, whyNotCleaned } from './dag/index.ts';

export function cleanupOf(spec: PodSpec, task: string, activityId: string) {
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
        cleanupCalls(`clean up ${task}`, CLEANUP_LIMIT).deletePod({
          ...input,
          ...mode,
          ...whereIs(pod),
          ...(cluster && { cluster }),
        }),
      );
    } catch (error) {
      const why = whyNotCleaned(error);
      log.error(`${task}: its pod may still be there; the sweeper is left to find it`, { activityId, why });
      return { gone: false, error: why };
    }
  }
  return {
    /** Confirms nothing; what it fails to do, `confirm` does. */
    hurry: () => (patched('one-delete-call-for-a-cancel') ? hurryTogether(input) : hurry(input)),
    confirm: (told: PodFacts) => toTheEnd(told, { mode: 'confirm' }),
    /** For a cancelled task whose pod shall run on, when no attempt has heard of the cancel. */
    keep: (told: PodFacts) =>
      toTheEnd(told, { mode: 'keep', keepUntil: new Date(Date.now() + keepFor(spec)).toISOString() }),
  };
}

type Hurried = Pick<DeletePodInput, 'activityId' | 'task' | 'namespace'>;

/** Those whose cancel came in this moment. The SDK loads workflow code anew for each workflow, so this belongs to one run. */
const hurried: Hurried[] = [];
/** A cancel reaches the tasks of a run in steps, from each scope to those in it. */
const SCOPES_IN_ONE_ANOTHER = 50;

/** One activity for all that are cancelled together: each costs Temporal writes to the one record of the run. */
function hurryTogether({ activityId, task, namespace }: Hurried): void {
  hurried.push({ activityId, task, ...(namespace !== undefined && { namespace }) });
  if (hurried.length > 1) return;
  void (async () => {
    for (let step = 0; step < SCOPES_IN_ONE_ANOTHER; step++) await Promise.resolve();
    for (const [one, ...others] of inCalls(hurried.splice(0)))
      if (one) hurry({ ...one, ...(others.length > 0 && { others }) });
  })();
}

const hurry = (input: Omit<DeletePodInput, 'mode'>): void =>
  void CancellationScope.nonCancellable(() =>
    cleanupCalls(`clean up ${input.task}${input.others ? ` and ${input.others.length} more` : ''}`, '30s').deletePod({
      ...input,
      mode: 'hurry',
    }),
  ).catch(() => undefined);

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
