/** The end of a run: every pod whose result came before it was gone is seen to be gone now, and deleted where it is not. */
import { Context } from '@temporalio/activity';
import type { ConfirmPodsInput, DeletePodInput, Unconfirmed } from '../contract/index.ts';
import { asFailure, confirmGone } from './delete-pod.ts';
import type { PodDependencies } from './dependencies.ts';
import { heartbeating } from './temporal-calls.ts';

/** How many are asked for, or removed, at once. */
const AT_ONCE = 20;

/** @throws ApplicationFailure `CleanupFailed`, after everything was done about the others: the next attempt goes on */
export function confirmPods(dependencies: PodDependencies, { pods }: ConfirmPodsInput): Promise<Unconfirmed> {
  const context = Context.current();
  const unconfirmed: Unconfirmed = {};
  const failures: unknown[] = [];
  const left = [...pods];

  async function confirm(pod: ConfirmPodsInput['pods'][number]): Promise<void> {
    if (pod.uid !== undefined && (await dependencies.removals.hasSeenGone(pod.uid))) return;
    const input: DeletePodInput = { ...pod, mode: 'confirm' };
    const cleanup = await confirmGone(dependencies, input, context);
    if (!cleanup.gone) unconfirmed[pod.activityId] = cleanup;
  }

  const work = async () => {
    for (let pod = left.shift(); pod; pod = left.shift()) await confirm(pod).catch((error) => failures.push(error));
  };
  return heartbeating(context, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (failures.length > 0) throw asFailure(failures[0]);
    return unconfirmed;
  });
}
