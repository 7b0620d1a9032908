import { CancellationScope } from '@temporalio/workflow';
import type { Chunk } from '../../../src/contract/index.ts';
import { dag, type DagOptions, mapChunk, type MapOptions } from '../../../src/workflows/dag/index.ts';
import { failing, runPod, type StubSpec } from './stub-pod.ts';

/** Doubles a number in a pod; the pod may be given another spec. */
interface Item {
  value: number;
  spec?: StubSpec;
  cancelMs?: number | undefined;
}

export interface MapInput {
  count: number;
  map?: MapOptions;
  /** Indexes of items whose pods fail. */
  fails?: number[];
  ms?: number;
  /** Of each chunk. */
  chunk?: DagOptions;
  /** How long the pods of the second chunk take to be cancelled. */
  slowCancelMs?: number;
}

interface Load extends Item {
  options: DagOptions;
}

export const loadChunk = (chunk: Chunk<Load>): Promise<number[]> =>
  mapChunk(
    chunk,
    async ({ value, spec, cancelMs }) => {
      try {
        return Number((await runPod({ output: value * 2, ...spec })).output);
      } finally {
        if (cancelMs && CancellationScope.current().consideredCancelled)
          await CancellationScope.nonCancellable(() => runPod({ ms: cancelMs }));
      }
    },
    chunk.items[0]?.options,
  );

/** A list is found, its items are loaded, and what came of them is summed up. */
export async function mapped({
  count,
  map,
  fails = [],
  ms = 0,
  chunk = {},
  slowCancelMs,
}: MapInput): Promise<number[]> {
  return dag(async (task) => {
    const found = task('found', async () => Number((await runPod({ output: count })).output));
    const items = found.then((length) =>
      Array.from({ length }, (_, at): Load => {
        const spec = fails.includes(at) ? failing(`item ${at} is broken`, ms) : { ms };
        return { value: at, spec, options: chunk, cancelMs: at >= (map?.per ?? 0) ? slowCancelMs : undefined };
      }),
    );
    const loaded = task.map('load', items, loadChunk, map);
    const sum = task('sum', async () => (await loaded).reduce((a, b) => a + b, 0));
    return [await sum, ...(await loaded).slice(0, 3)];
  });
}

/** A map, and a held task beside it: when that is let fail, nothing new starts. */
export async function mapAndFatal(ms: number): Promise<void> {
  await dag(
    (task) => {
      const items = [0, 1, 2].map((value): Load => ({ value, spec: { ms }, options: { maxParallel: 1 } }));
      task.map('load', items, loadChunk);
      task('fatal', () => runPod(failing()), { hold: '1h' });
    },
    { onFailure: 'stop' },
  );
}

/** Loses a result. */
export async function shortChunk({ items }: Chunk<number>): Promise<number[]> {
  return items.slice(1);
}

export async function mapMistake(name: 'shortChunk' | 'nameless' | 'per' | 'tooMany' | 'empty'): Promise<unknown> {
  const workflow = shortChunk;
  return dag((task) => {
    switch (name) {
      case 'shortChunk':
        return task.map('load', [1, 2, 3], workflow, { per: 2 });
      case 'nameless':
        return task.map('load', [1], (() => async () => [1])());
      case 'per':
        return task.map('load', [1], workflow, { per: 0 });
      case 'tooMany':
        return task.map('load', Array<number>(1001).fill(1), workflow, { per: 1 });
      case 'empty':
        return task.map('load', [], workflow);
    }
  });
}
