import type { Chunk } from '../../contract/index.ts';
import { dag } from './dag.ts';
import { failedItem, itemsFailed } from './items-failed.ts';
import type { DagOptions, Task } from './types.ts';

/**
 * The body of a workflow for `task.map`: a DAG with one task for each item, called `<name>-<index>`, whose results are returned
 * in order.
 *
 * @param work may create more tasks
 * @param options of this chunk's DAG: `maxParallel` counts the pods of one chunk
 * @throws ApplicationFailure `DagItemsFailed`, whose `details[0]` is an `ItemsFailed`, when everything has settled
 */
export function mapChunk<I, R>(
  { name, from, items }: Chunk<I>,
  work: (item: I, index: number, task: Task) => R | PromiseLike<R>,
  options?: DagOptions,
): Promise<R[]> {
  return dag(async (task) => {
    const start = (item: I, at: number) => task(`${name}-${from + at}`, () => work(item, from + at, task));
    const ends = await Promise.allSettled(items.map(start));
    const failed = ends.flatMap((end, at) => (end.status === 'rejected' ? [{ at, error: end.reason as unknown }] : []));
    if (failed.length > 0) {
      const told = failed.map(({ at, error }) => failedItem(from + at, error));
      throw itemsFailed(name, { failed: failed.length, of: items.length, items: told }, failed[0]?.error);
    }
    return ends.map((end) => (end as PromiseFulfilledResult<R>).value);
  }, options);
}
