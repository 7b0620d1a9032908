import type { Chunk } from '../../contract/index.ts';
import { dag, mapChunk } from '../dag/index.ts';
import { runPod } from '../run-pod.ts';

/**
 * Dynamic task mapping (`expand`): `map` over what a task found out. Each item is a task, up to some hundred in a run; for more
 * there is `mapMany`.
 */
export async function mapping({ image = 'busybox:1.37', files = 'a.csv b.csv c.csv' } = {}): Promise<number> {
  const sh = (script: string, file = '') => ({
    image,
    command: ['sh', '-c', script],
    env: { FILES: files, FILE: file },
  });
  return dag(async (task) => {
    const list = task('list', () =>
      runPod<string[]>(sh(`echo "[\\"$(echo $FILES | sed 's/ /","/g')\\"]" > /dev/termination-log`)),
    );
    const sizes = (await list).output.map((file, at) =>
      task(`size-${at}`, () => runPod<number>(sh('printf %s "$FILE" | wc -c > /dev/termination-log', file))),
    );
    // The reduce step behind it: as soon as all of them are there.
    return (await Promise.all(sizes)).reduce((sum, { output }) => sum + output, 0);
  });
}

/** The same for thousands of items: chunks of them run as child workflows, each with a history of its own. */
export async function mapMany({ count = 1000, per = 250 } = {}): Promise<number> {
  return dag(async (task) => {
    const numbers = Array.from({ length: count }, (_, at) => at);
    const squares = task.map('square', numbers, squareChunk, { per, atOnce: 2 });
    return (await squares).reduce((sum, square) => sum + square, 0);
  });
}

/** A chunk of `mapMany`: what is done with one item. It may create tasks of its own. */
export const squareChunk = (chunk: Chunk<number>): Promise<number[]> =>
  mapChunk(chunk, async (n) => {
    const command = ['sh', '-c', 'echo $((N * N)) > /dev/termination-log'];
    return (await runPod<number>({ image: 'busybox:1.37', command, env: { N: String(n) } })).output;
  });
