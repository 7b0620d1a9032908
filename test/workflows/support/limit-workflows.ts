import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { dag, inSlot, type DagOptions } from '../../../src/workflows/dag/index.ts';
import { runPod } from './stub-pod.ts';

/** Tasks in layers, each waiting for all of the layer before. */
export async function layers(input: { sizes: number[]; ms?: number } & DagOptions): Promise<number> {
  return dag(async (task) => {
    let previous: PromiseLike<unknown>[] = [];
    for (const [layer, size] of input.sizes.entries()) {
      const after = previous;
      const names = Array.from({ length: size }, (_, at) => `t-${layer}-${at}`);
      previous = names.map((name) => task(name, () => runPod({ ms: input.ms ?? 1 }), { after }));
    }
    return (await Promise.all(previous)).length;
  }, input);
}

/** Ten tasks and one slot; the later ones have the higher priorities. */
export async function priorities(): Promise<void> {
  await dag(
    async (task) => {
      for (let at = 0; at < 10; at++) task(`p${at}`, () => runPod({ ms: 5 }), { priority: at });
    },
    { maxParallel: 1 },
  );
}

/** With one slot: the first tasks wait, in a way that nobody can see, for the last one. */
export async function unseenWaitWithOneSlot(): Promise<string> {
  return dag(
    async (task) => {
      const flag = { up: false };
      const waits = ['x', 'y', 'z'].map((name) => task(name, () => condition(() => flag.up)));
      const pods = ['p', 'q', 'r'].map((name) => task(name, () => runPod()));
      task('last', async () => {
        flag.up = true;
      });
      await Promise.all([...waits, ...pods]);
      return 'no deadlock';
    },
    { maxParallel: 1 },
  );
}

/** Two pods of one task at once, then another: numbered through. */
export async function severalPodsInOneTask(): Promise<void> {
  await dag(async (task) => {
    await task('several', async () => {
      await Promise.all([runPod({ ms: 20 }), runPod({ ms: 20 })]);
      await runPod();
    });
  });
}

/** Pods in the body, before and after a task. */
export async function podsInTheBody(): Promise<void> {
  await dag(async (task) => {
    await runPod();
    await task('a', () => runPod());
    await runPod();
  });
}

export async function podsWithoutDag(): Promise<void> {
  await runPod();
  await sleep(20);
  await Promise.all([runPod(), runPod()]);
}

/** One pod runs, one waits for the slot, one is to come after it; the cleanup starts its pod although all is cancelled. */
export async function cancelMe(): Promise<void> {
  await dag(
    async (task) => {
      const running = task('running', () => runPod({ ms: 30_000 }));
      const queued = task('queued', () => runPod({ ms: 30_000 }));
      task('dependent', async () => runPod({ output: (await queued).output }));
      task('cleanup', async () => {
        await Promise.allSettled([running]);
        await CancellationScope.nonCancellable(() => runPod({ output: 'cleaned' }));
      });
    },
    { maxParallel: 1 },
  );
}

/** Whether the code of a slot has its number after others were refused. */
export async function slotOutsideOfDag(): Promise<{ task: string; ids: string[]; after: string[] }> {
  return inSlot(async (slot) => ({
    task: slot.task,
    ids: [slot.nextActivityId(), slot.nextActivityId()],
    after: slot.after(),
  }));
}
