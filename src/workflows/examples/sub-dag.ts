import { executeChild } from '@temporalio/workflow';
import { dag, withPodSlot } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';
import { asChild } from './as-child.ts';

/**
 * `SubDagOperator`, `TriggerDagRunOperator` with `wait_for_completion`: another workflow as a task, with a history and a graph of its
 * own. `withPodSlot` counts it as one pod of this run; its own pods are counted by its own `maxParallel`. So here at most 2 × 3 run.
 */
export async function subDag({ image = 'busybox:1.37', regions = ['europe', 'asia', 'africa'] } = {}): Promise<number> {
  return dag(
    async (task) => {
      const rows = regions.map((region) =>
        task(region, () =>
          withPodSlot(() => executeChild(regionDag, { ...asChild(region), args: [{ image, region }] })),
        ),
      );
      return (await Promise.all(rows)).reduce((sum, some) => sum + some, 0);
    },
    { maxParallel: 2 },
  );
}

/** An ordinary workflow: it can be started by itself as well. */
export async function regionDag({
  image = 'busybox:1.37',
  region,
}: {
  image?: string;
  region: string;
}): Promise<number> {
  return dag(
    async (task) => {
      const parts = ['1', '2', '3', '4'].map((part) =>
        task(`part-${part}`, () =>
          runPod<number>({
            image,
            command: ['sh', '-c', 'echo "$REGION"; echo "$PART" > /dev/termination-log'],
            env: { REGION: region, PART: part },
          }),
        ),
      );
      return (await Promise.all(parts)).reduce((sum, { output }) => sum + output, 0);
    },
    { maxParallel: 3 },
  );
}
