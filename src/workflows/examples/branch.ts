import { dag } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * `BranchPythonOperator`, and the join behind it: a branch is an `if`. The side that is not taken does not exist, so the join
 * awaits what there is, and needs no trigger rule.
 */
export async function branch({ image = 'busybox:1.37', day = 'sunday' } = {}): Promise<string> {
  const sh = (script: string) => ({ image, command: ['sh', '-c', script], env: { DAY: day } });
  return dag(async (task) => {
    const check = task('check', () =>
      runPod<'full' | 'delta'>(
        sh(`[ "$DAY" = sunday ] && side='"full"' || side='"delta"'; echo "$side" > /dev/termination-log`),
      ),
    );
    const load =
      (await check).output === 'full'
        ? task('full', () => runPod<number>(sh('echo 1000 > /dev/termination-log')))
        : task('delta', () => runPod<number>(sh('echo 10 > /dev/termination-log')));
    const report = task('report', async () => {
      const rows = (await load).output;
      return runPod<string>(sh(`echo '"${rows} rows"' > /dev/termination-log`));
    });
    return (await report).output;
  });
}
