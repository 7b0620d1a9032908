/** In a rerun: whether this pod need not run, as its work was done in the earlier run. Only reads, so any attempt may end here. */
import type { PodResult, RunPodInput } from '../contract/index.ts';
import type { Attempt } from './attempt.ts';
import { pause } from '../common/pause.ts';
import { Backoff } from '../common/retry.ts';
import type { EarlierRuns } from './earlier-runs.ts';
import { GRPC_CODE } from '../common/grpc-code.ts';
import { messageOf } from '../common/message-of.ts';

/** Asking again cannot help. */
const FINAL: readonly number[] = [
  GRPC_CODE.invalidArgument,
  GRPC_CODE.permissionDenied,
  GRPC_CODE.unimplemented,
  GRPC_CODE.unauthenticated,
];

/** Undefined: the pod has to run. */
export async function reusedResult(
  attempt: Attempt,
  input: RunPodInput,
  runs: EarlierRuns,
): Promise<PodResult | undefined> {
  const { context, recorder } = attempt;
  if (!input.earlier || recorder.state.pod) return undefined;
  recorder.note({ reason: `looking into the history of ${input.earlier.workflowId}` });
  for (const backoff = new Backoff({ firstMs: 200, mostMs: 10_000 }); ;) {
    await attempt.throwIfInterrupted();
    try {
      // Whoever else waits for the same history goes on waiting.
      const found = await Promise.race([runs.find(context.client, input), context.cancelled]);
      // An earlier attempt may have got further than this: the workflow's cleanup looks.
      return found && { ...found, cleanup: attempt.nothingCreated() ?? { gone: false } };
    } catch (error) {
      await attempt.throwIfInterrupted();
      const why = `the history of ${input.earlier.workflowId} cannot be read: ${messageOf(error)}`;
      const { code } = error as { code?: unknown };
      if (typeof code !== 'number' || FINAL.includes(code)) {
        context.log.warn(`${why}; ${input.task} runs again`);
        return undefined;
      }
      recorder.note({ reason: why });
      attempt.throwIfLateToCreate(why);
      await pause(backoff.next(), attempt.signal);
    }
  }
}
