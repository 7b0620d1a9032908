import { workflowInfo } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';
import { scheduledDay, scheduledTime } from '../dag/scheduled-time.ts';

/** `LatestOnlyOperator`: a run that is for an earlier day, as a backfill's, loads and does not send the mail. */
export async function latestOnly({ image = 'busybox:1.37', every = '1d' } = {}): Promise<string[]> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script], env: { DAY: scheduledDay() } });
  const isLatest = Date.now() < scheduledTime().getTime() + milliseconds(every);
  return dag(async (task) => {
    const load = task('load', () => runPod(sh('echo loading "$DAY"')));
    if (!isLatest) return ['load'];
    await task('mail', () => runPod(sh('echo today is "$DAY"')), { after: [load] });
    return ['load', 'mail'];
  });
}

/**
 * `depends_on_past`, `wait_for_downstream`: a Schedule starts no run while the last one runs (overlap policy `SKIP` or `BUFFER_ALL`), and
 * hands it what the last good one returned. So each goes on where that one stopped.
 */
export async function incremental({ image = 'busybox:1.37', to = scheduledDay() } = {}) {
  const from = lastResult<{ to: string }>()?.to ?? '2026-01-01';
  return dag(async (task) => {
    const command = ['sh', '-c', 'echo loading from "$FROM" to "$TO"'];
    await task('load', () => runPod({ image, command, env: { FROM: from, TO: to } }));
    return { from, to };
  });
}

/** What the last run of this Schedule that ended well returned; a failed one in between does not change it. */
const lastResult = <T>() => workflowInfo().lastResult as T | undefined;
