/** The workflows that the bench gives its worker. */
import { dag, runPod, type PodSpec } from '../src/workflows/library.ts';

interface Pods {
  spec: PodSpec;
  pods: number;
  atOnce: boolean;
  /** Default: what a DAG has. */
  maxParallel?: number;
}

export async function benchPods({ spec, pods, atOnce, maxParallel }: Pods): Promise<void> {
  const options = maxParallel === undefined ? {} : { maxParallel };
  await dag(async (task) => {
    const one = (number: number) => task(`pod-${number}`, () => runPod(spec));
    const numbers = Array.from({ length: pods }, (_, number) => number);
    if (atOnce) await Promise.all(numbers.map(one));
    else for (const number of numbers) await one(number);
  }, options);
}
