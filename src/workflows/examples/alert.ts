import { condition, log } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/** `sla`, a deadline alert: a timer beside the task, which ends nothing. */
export async function alertWhenLate({ image = 'busybox:1.37', sla = '1h' } = {}): Promise<void> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script] });
  await dag(async (task) => {
    let isOver = false;
    task('load', () => runPod(sh('echo loading'))).finally(() => void (isOver = true));
    task(
      'alert',
      async () => {
        if (await condition(() => isOver, milliseconds(sla), { summary: 'load should be over by then' })) return;
        // Who is told is not to fail the run, nor to wait behind its pods.
        await runPod(sh('echo "load is late"')).catch((error: unknown) => log.warn('nobody was told', { error }));
      },
      { priority: 100 },
    );
  });
}
