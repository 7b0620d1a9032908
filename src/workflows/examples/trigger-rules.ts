import type { PodResult } from '../../contract/index.ts';
import { dag, type Handle } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

type Upstream = readonly Handle<PodResult>[];
type End = PromiseSettledResult<PodResult>;

const ran = ({ outcome }: PodResult) => outcome === 'Succeeded';
const succeeded = (end: End) => end.status === 'fulfilled' && ran(end.value);
const skipped = (end: End) => end.status === 'fulfilled' && !ran(end.value);
const failed = (end: End) => end.status === 'rejected';
const yes = () => true;
const no = () => false;
const mustHaveRun = (result: PodResult) => {
  if (!ran(result)) throw new Error('skipped');
};

/** Each answers, as soon as that is known, whether the task behind `upstream` shall run; or throws what failed. */
export const RULES = {
  all_success: async (upstream: Upstream) => (await Promise.all(upstream)).every(ran),
  all_failed: async (upstream: Upstream) => (await Promise.allSettled(upstream)).every(failed),
  all_done: (upstream: Upstream) => Promise.allSettled(upstream).then(yes),
  all_skipped: async (upstream: Upstream) => (await Promise.allSettled(upstream)).every(skipped),
  one_success: (upstream: Upstream) => Promise.any(upstream.map((one) => one.then(mustHaveRun))).then(yes, no),
  one_failed: (upstream: Upstream) => Promise.all(upstream).then(no, yes),
  one_done: (upstream: Upstream) => Promise.race(upstream).then(yes, yes),
  none_failed: (upstream: Upstream) => Promise.all(upstream).then(yes),
  none_failed_min_one_success: async (upstream: Upstream) => (await Promise.all(upstream)).some(ran),
  none_skipped: async (upstream: Upstream) => !(await Promise.allSettled(upstream)).some(skipped),
  all_done_min_one_success: async (upstream: Upstream) => (await Promise.allSettled(upstream)).some(succeeded),
  always: async () => true,
};

/**
 * Airflow's `trigger_rule`, each of them as code: tasks named as the keys of `upstream`, and `after` behind them.
 *
 * @param options.upstream a shell command for each task; exit code 99 skips it
 * @returns whether `after` ran
 */
export async function triggerRules(options: {
  rule: keyof typeof RULES;
  upstream: Record<string, string>;
  image?: string;
}): Promise<boolean> {
  const { rule, upstream, image = 'busybox:1.37' } = options;
  return dag(async (task) => {
    const before = Object.entries(upstream).map(([name, script]) =>
      task(name, () => runPod({ image, command: ['sh', '-c', script], exitCodes: { skip: [99] } })),
    );
    return task('after', async () => {
      if (!(await RULES[rule](before))) return false;
      await runPod({ image, command: ['sh', '-c', 'echo after all of that'] });
      return true;
    });
  });
}
