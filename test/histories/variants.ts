/** Ways of changing `diamond`: those that would break a run under way, which replay has to notice, and those that do not. */
import { patched, sleep } from '@temporalio/workflow';
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

/** `products` has another name. */
export const renamed = () =>
  dag(async (task) => {
    const orders = task('orders', pod);
    const regions = task('regions', async () => (await orders, pod()));
    const goods = task('goods', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, await goods, pod()));
    return (await report).output;
  });

/** Without `products`. */
export const removed = () =>
  dag(async (task) => {
    const orders = task('orders', pod);
    const regions = task('regions', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, pod()));
    return (await report).output;
  });

/** `orders` alone. */
export const shortened = () => dag(async (task) => (await task('orders', pod)).output);

/** A task more at the end. */
export const mailed = () =>
  dag(async (task) => {
    const orders = task('orders', pod);
    const regions = task('regions', async () => (await orders, pod()));
    const products = task('products', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, await products, pod()));
    const mail = task('mail', async () => (await report, pod()));
    return (await mail).output;
  });

/** It waits before it begins. */
export const delayed = () =>
  dag(async (task) => {
    await sleep('1 minute');
    return (await task('orders', pod)).output;
  });

export const throwing = () => {
  throw new TypeError('rows is not a function');
};

/** The task more is for new runs. */
export const patchedIn = () =>
  dag(async (task) => {
    const check = patched('check first') ? task('check', pod) : undefined;
    const orders = task('orders', async () => (await check, pod()));
    const regions = task('regions', async () => (await orders, pod()));
    const products = task('products', async () => (await orders, pod()));
    const report = task('report', async () => (await regions, await products, pod()));
    return (await report).output;
  });
