/** The end of a run: every pod whose result came before it was gone is seen to be gone now, and deleted where it is not. */
import { Context } from '@temporalio/activity';
import { atOnce } from '../common/at-once.ts';
import type { ConfirmPodsInput, DeletePodInput, Unconfirmed } from '../contract/index.ts';
import { asFailure, AT_ONCE, confirmGone } from './delete-pod.ts';
import type { PodDependencies } from './dependencies.ts';
import { heartbeating } from './temporal-calls.ts';

/** @throws ApplicationFailure `CleanupFailed`, after everything was done about the others: the next attempt goes on */
export function confirmPods(dependencies: PodDependencies, { pods }: ConfirmPodsInput): Promise<Unconfirmed> {
  const context = Context.current();
  const unconfirmed: Unconfirmed = {};

  async function confirm(pod: ConfirmPodsInput['pods'][number]): Promise<void> {
    if (pod.uid !== undefined && (await dependencies.removals.hasSeenGone(pod.uid))) return;
    const input: DeletePodInput = { ...pod, mode: 'confirm' };
    const cleanup = await confirmGone(dependencies, input, context);
    if (!cleanup.gone) unconfirmed[pod.activityId] = cleanup;
  }

  return heartbeating(context, async () => {
    await atOnce(AT_ONCE, pods, confirm).catch((error: unknown) => {
      throw asFailure(error);
    });
    return unconfirmed;
  });
}
