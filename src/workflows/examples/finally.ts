import { CancellationScope } from '@temporalio/workflow';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * Setup and teardown, `on_failure_callback`, `trigger_rule='all_done'` at the end of everything: a `finally` around the DAG. `dag`
 * settles when no other pod of the run is left; `nonCancellable`, so that a cancelled run tears down as well.
 */
export async function withTeardown({ image = 'busybox:1.37', work = 'echo working' } = {}): Promise<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script] });
  let state = 'failed or cancelled';
  try {
    return await dag(async (task) => {
      const setup = task('setup', () => runPod(sh('echo setting up')));
      const parts = ['one', 'two'].map((name) => task(name, () => runPod(sh(work)), { after: [setup] }));
      await Promise.all(parts);
      return (state = 'done');
    });
  } finally {
    await CancellationScope.nonCancellable(() => runPod(sh(`echo tearing down what is ${state}`)));
  }
}
