/** DAGs to look at, of pods that are only pretended (stub-worker.ts). */
import { continueAsNew } from '@temporalio/workflow';
import type { Chunk } from '../../src/contract/index.ts';
import { dag, mapChunk } from '../../src/workflows/dag/index.ts';
import { runPod } from '../../src/workflows/run-pod.ts';

export * from '../../src/workflows/index.ts';

export interface ChainInput {
  /** The second pod runs until there is this file. */
  until?: string;
  /** How it ends. */
  exit?: number;
  hold?: string;
}

const pod = (line: string, env: Record<string, string> = {}) => runPod({ image: 'x', args: [line], env });

/** first → second → third, and one that is alone. */
export const chain = ({ until, exit = 0, hold }: ChainInput): Promise<number> =>
  dag(
    async (task) => {
      const first = task('first', () => pod('from first'));
      const second = task('second', async () => {
        await first;
        return pod('from second', { EXIT: String(exit), ...(until !== undefined && { UNTIL: until }) });
      });
      const third = task('third', async () => {
        await second;
        return pod('from third');
      });
      task('alone', () => pod('from alone'));
      return (await third).exitCode;
    },
    hold === undefined ? {} : { hold },
  );

/** The same, for a test that wants no other runs of its kind. */
export const steady = (input: ChainInput): Promise<number> => chain(input);

export const chunkOfThings = (chunk: Chunk<number>): Promise<number[]> =>
  mapChunk(chunk, async (item) => (await pod(`item ${item}`)).exitCode);

export const things = (count: number): Promise<number> =>
  dag(async (task) => {
    const items = Array.from({ length: count }, (_, at) => at);
    return (await task.map('load', items, chunkOfThings, { per: 2 })).length;
  });

/** Each run has a pod, and goes on as a new one until the count is down; the first pod runs until there is the file. */
export const countdown = async (count: number, until?: string): Promise<string> => {
  const env = { OUTPUT: `after ${count}`, ...(until !== undefined && { UNTIL: until }) };
  const { output } = await runPod<string>({ image: 'x', args: [`line ${count}`], env });
  return count > 1 ? continueAsNew<typeof countdown>(count - 1) : output;
};
