import { dag } from '../../../src/workflows/dag/index.ts';
import { failing, runPod } from './stub-pod.ts';

export interface RandomTask {
  /** Places of tasks before this one. */
  after: number[];
  fails: boolean;
  /** Catches what those before it throw, and goes on. */
  catches: boolean;
}

export async function randomDag(input: { tasks: RandomTask[]; maxParallel: number }): Promise<void> {
  await dag(
    (task) => {
      const handles: PromiseLike<unknown>[] = [];
      for (const [at, { after, fails, catches }] of input.tasks.entries()) {
        const sources = after.map((source) => handles[source]!);
        const wait = () => (catches ? Promise.allSettled(sources) : Promise.all(sources));
        handles.push(
          task(`t${at}`, async () => {
            await wait();
            return runPod(fails ? failing() : {});
          }),
        );
      }
    },
    { maxParallel: input.maxParallel },
  );
}
