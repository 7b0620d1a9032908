import { dag } from '../../../src/workflows/dag/index.ts';
import { failing, runPod } from './stub-pod.ts';

export interface RandomTask {
  /** Places of tasks before this one. */
  after: number[];
  fails: boolean;
  /** Catches what those before it throw, and goes on. */
  catches: boolean;
  /** What somebody decides on its failure; without it, it is not held. */
  decision?: 'retry' | 'skip with a value' | 'skip' | 'fail';
}

export async function randomDag(input: { tasks: RandomTask[]; maxParallel: number }): Promise<void> {
  await dag(
    (task) => {
      const handles: PromiseLike<unknown>[] = [];
      for (const [at, { after, fails, catches, decision }] of input.tasks.entries()) {
        const sources = after.map((source) => handles[source]!);
        const wait = () => (catches ? Promise.allSettled(sources) : Promise.all(sources));
        const work = async () => {
          await wait();
          return runPod(fails ? failing() : {});
        };
        handles.push(task(`t${at}`, work, { hold: decision === undefined ? false : '1h' }));
      }
    },
    { maxParallel: input.maxParallel },
  );
}
