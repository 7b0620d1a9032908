import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { dag, inPodCall, type DagOptions } from '../../../src/workflows/dag/index.ts';
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

/** One pod, tasks without a pod that all wait for it, and so go on in one activation, and one that waits for them. */
export async function wide(count: number): Promise<number> {
  return dag(async (task) => {
    const first = task('first', () => runPod({ output: 1 }));
    const names = Array.from({ length: count - 2 }, (_, at) => `t${at}`);
    const middle = names.map((name) => task(name, async () => Number((await first).output)));
    return task('last', async () => (await Promise.all(middle)).reduce((sum, one) => sum + one));
  });
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

/** One slot: the last to come is the first to go. */
export async function overtakes(): Promise<void> {
  await dag(
    async (task) => {
      for (const name of ['holds', 'low-1', 'low-2']) task(name, () => runPod({ ms: 100 }));
      const comesLater = async () => {
        for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
        return runPod();
      };
      task('high', comesLater, { priority: 1 });
    },
    { maxParallel: 1 },
  );
}

/** Pods that are started in callbacks: of a task, and of the body. */
export async function podsInCallbacks(): Promise<void> {
  await dag(async (task) => {
    const a = task('a', () => runPod());
    await task('b', () => a.then(() => runPod()));
    await a.then(() => runPod());
  });
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

/** One pod runs, one waits for the slot, one is to come after it; the cleanup runs its pods although all is cancelled. */
export async function cancelMe(): Promise<void> {
  await dag(
    async (task) => {
      const running = task('running', () => runPod({ ms: 30_000 }));
      const queued = task('queued', () => runPod({ ms: 30_000 }));
      task('dependent', async () => runPod({ output: (await queued).output }));
      task('cleanup', async () => {
        await Promise.allSettled([running]);
        await CancellationScope.nonCancellable(() => Promise.all([runPod({ ms: 20 }), runPod()]));
      });
    },
    { maxParallel: 1 },
  );
}

/** One pod holds the slot; the task that waits for it gives up before. */
export async function givesUpInTheQueue(): Promise<void> {
  await dag(
    async (task) => {
      task('holds', () => runPod({ ms: 1_500 }));
      await task('gives-up', () => CancellationScope.withTimeout(100, () => runPod())).catch(() => undefined);
    },
    { maxParallel: 1 },
  );
}

/** A slot outside of any DAG, and no pod. */
export async function slotWithoutDag(): Promise<{ task: string; ids: string[]; after: string[] }> {
  return inPodCall((slot) =>
    slot.withSlot(async () => ({
      task: slot.task,
      ids: [slot.nextActivityId(), slot.nextActivityId()],
      after: slot.place().after,
    })),
  );
}
