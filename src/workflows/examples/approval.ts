import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

export interface Decision {
  readonly approved: boolean;
  readonly by: string;
  readonly why?: string;
}

export const decide = defineUpdate<void, [Decision]>('decide');

/**
 * `ApprovalOperator`, a wait for a person: an update with who and why, answered once, and a default when nobody answers in time.
 * The history keeps who it was.
 */
export async function approval({ image = 'busybox:1.37', deadline = '2d' } = {}): Promise<Decision> {
  let decision: Decision | undefined;
  setHandler(decide, (given) => void (decision = given), {
    validator(given: Decision) {
      if (decision) throw refused(`it was decided already, by ${decision.by}`);
      if (typeof given?.approved !== 'boolean' || !given.by) throw refused('say { approved: true or false, by: who }');
    },
  });
  return dag(async (task) => {
    const build = task('build', () => runPod({ image, command: ['sh', '-c', 'echo building'] }));
    const asked = task('approval', async () => {
      await build;
      await condition(() => decision !== undefined, milliseconds(deadline), { summary: 'waits for a decision' });
      // Whoever comes too late is refused.
      return (decision ??= { approved: false, by: 'nobody', why: `no answer within ${deadline}` });
    });
    const answer = await asked;
    if (answer.approved) await task('publish', () => runPod({ image, command: ['sh', '-c', 'echo publishing'] }));
    return answer;
  });
}

const refused = (why: string) => ApplicationFailure.nonRetryable(why, 'Refused');
