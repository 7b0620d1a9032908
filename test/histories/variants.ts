/** Two ways of changing `diamond` that would break a run under way. Replay has to notice both. */
import type { PodResult } from '../../src/contract/index.ts';
import { dag } from '../../src/workflows/dag/index.ts';
import { runPod } from '../../src/workflows/run-pod.ts';

export * from '../../src/workflows/index.ts';
export { growing } from '../workflows/support/try-workflows.ts';

const pod = (): Promise<PodResult<never>> => runPod({ image: 'x' });

/** `regions` and `products` have changed places. */
export const swapped = () =>
  dag(async (task) => {
    const orders = task('orders', pod);
    const products = task('products', async () => (await orders, pod()));
    const regions = task('regions', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, await products, pod()));
    return (await report).output;
  });

/** A task more at the beginning. */
export const added = () =>
  dag(async (task) => {
    const check = task('check', pod);
    const orders = task('orders', async () => (await check, pod()));
    const regions = task('regions', async () => (await orders, pod()));
    const products = task('products', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, await products, pod()));
    return (await report).output;
  });
