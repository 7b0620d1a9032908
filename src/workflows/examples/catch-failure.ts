import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * One failure that is part of the plan: `try` and `catch`. A failure that was caught does not fail the run, and every other one
 * does. Its `type` says what it was: `ContainerFailed`, `OOMKilled`, `DeadlineExceeded`, …
 */
export async function catchFailure({ image = 'busybox:1.37', fast = 'exit 1' } = {}): Promise<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script] });
  return dag(async (task) => {
    const prices = task('prices', async () => {
      try {
        return await runPod<string>(sh(fast));
      } catch (error) {
        if (typeOf(error) !== 'ContainerFailed') throw error;
        return runPod<string>(sh(`echo '"yesterday'"'"'s prices"' > /dev/termination-log`));
      }
    });
    return (await prices).output;
  });
}

const typeOf = (error: unknown) =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
