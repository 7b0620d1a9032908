import { dag } from '../../src/workflows/dag/index.ts';
import { runPod } from '../../src/workflows/run-pod.ts';
import type { PodResult, PodSpec } from '../../src/contract/index.ts';

/** A pod, and one that gets what it has left; both are returned. */
export const twoSteps = ({ first, last }: { first: PodSpec; last: PodSpec }): Promise<PodResult[]> =>
  dag(async (task) => {
    const one = task('first', () => runPod(first));
    const two = task('last', async () => runPod({ ...last, env: { INPUT: JSON.stringify((await one).output) } }));
    return [await one, await two];
  });
