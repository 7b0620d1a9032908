import type { Chunk, PodResult, PodSpec } from '../../../src/contract/index.ts';
import { dag, type DagOptions, mapChunk } from '../../../src/workflows/dag/index.ts';
import { runPod } from '../../../src/workflows/run-pod.ts';

/** Which test it is: see `pretendedPods`. */
interface Keyed {
  key: string;
}

const pods =
  ({ key }: Keyed) =>
  (output = '', more: Partial<PodSpec> = {}): Promise<PodResult<string>> =>
    runPod({ image: 'etl:3', env: { KEY: key, OUTPUT: output }, ...more });

export interface BooksInput extends DagOptions, Keyed {
  /** What a pod prints depends on these, which a deploy or an argument may change. */
  orders?: string;
  refunds?: string;
}

/** `ledger` takes `orders` and `refunds` by value, `audit` only waits for orders; `last` takes the ledger. */
export async function books({ orders = 'o', refunds = 'r', ...input }: BooksInput): Promise<unknown> {
  const pod = pods(input);
  return dag(async (task) => {
    const first = task('orders', () => pod(orders));
    const second = task('refunds', () => pod(refunds));
    const ledger = task('ledger', async () => pod((await first).output + (await second).output));
    task('audit', () => pod('audited'), { after: [first] });
    // No pod of its own: what comes before it goes through it.
    const summed = task('summed', async () => (await ledger).output);
    const last = task('last', async () => pod(`last of ${await summed}`));
    return (await last).output;
  }, input);
}

/** Created in the body after it has awaited `first`; in a task before and after that has had a pod of its own. */
export async function inOrder({ first = 'f', ...input }: Keyed & { first?: string }): Promise<void> {
  const pod = pods(input);
  await dag(async (task) => {
    task('before', () => pod());
    await task('first', () => pod(first));
    task('after', () => pod());
  });
}

/** A task that creates one before its own pod and one after it. */
export async function parents({ own = 'o', ...input }: Keyed & { own?: string }): Promise<void> {
  const pod = pods(input);
  await dag((task) => {
    task('parent', async () => {
      task('early', () => pod());
      await pod(own);
      task('late', () => pod());
    });
  });
}

/** Three calls, one after the other, in one task; two of the same at once in another. */
export async function calls({ second = 's', ...input }: Keyed & { second?: string } & DagOptions): Promise<void> {
  const pod = pods(input);
  await dag((task) => {
    task('three', async () => {
      await pod('1');
      await pod(second);
      await pod('3');
    });
    task('two', () => Promise.all([pod(), pod()]));
  }, input);
}

/** A pod with two tries, and a task that may throw after its pod has ended well. */
export async function triesAndThrows({ throws, ...input }: Keyed & { throws?: boolean } & DagOptions): Promise<void> {
  const pod = pods(input);
  await dag((task) => {
    task('tries', () => pod('t', { retries: { count: 1, delay: 10 } }), { hold: false });
    task('throws', async () => {
      await pod();
      if (throws) throw new Error('what came out cannot be used');
    });
  }, input);
}

interface Load extends Keyed {
  item: string;
}

export const loadOne = (chunk: Chunk<Load>): Promise<string[]> =>
  mapChunk(chunk, async ({ item, key }) => (await pods({ key })(item)).output);

/** `load` maps what `found` gives; `report` waits for all of it, and its spec says nothing of it. */
export async function mapReport({ found = 'a b c d', ...input }: Keyed & { found?: string }): Promise<void> {
  const pod = pods(input);
  await dag((task) => {
    const items = task('found', async () => (await pod(found)).output.split(' ').map((item) => ({ ...input, item })));
    const loaded = task.map('load', items, loadOne, { per: 2 });
    const report = task('report', () => pod(), { after: [loaded] });
    task('last', () => pod(), { after: [report] });
  });
}
