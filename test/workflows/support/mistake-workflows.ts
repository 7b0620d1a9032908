import { sleep } from '@temporalio/workflow';
import { dag, type Task } from '../../../src/workflows/dag/index.ts';
import { runPod } from './stub-pod.ts';

type Body = (task: Task) => unknown;

const BODIES = {
  sameNameTwice: (task) => {
    task('x', () => runPod());
    task('x', () => runPod());
  },
  sameNameInATask: async (task) => {
    const x = task('x', () => {
      task('x', () => runPod());
    });
    await x.catch(() => 'hidden');
  },
  badName: (task) => {
    task('no spaces, please', () => runPod());
  },
  emptyName: (task) => {
    task('', () => runPod());
  },
  longName: (task) => {
    task('n'.repeat(64), () => runPod());
  },
  reservedName: (task) => {
    task('pod', () => runPod());
  },
  tooMany: (task) => {
    for (let at = 0; at <= 2000; at++) task(`t${at}`, () => runPod());
  },
  selfWait: (task) => {
    const a = task('a', async (): Promise<unknown> => void (await a));
  },
  cycle: (task) => {
    const a = task('a', async (): Promise<unknown> => {
      await sleep(10);
      return c;
    });
    const b = task('b', async (): Promise<unknown> => void (await a));
    const c = task('c', async (): Promise<unknown> => void (await Promise.all([b])));
  },
  cycleOverAfter: (task) => {
    const waits: PromiseLike<unknown>[] = [];
    const first = task('first', () => runPod(), { after: waits });
    waits.push(task('second', () => runPod(), { after: [first] }));
  },
  parentAndChild: async (task) => {
    const parent = task('parent', async (): Promise<unknown> => {
      const child = task('child', async (): Promise<unknown> => void (await parent));
      return await child;
    });
    await parent;
  },
  inJson: async (task) => {
    const a = task('a', () => runPod());
    await task('b', () => runPod({ output: JSON.stringify({ a }) }));
  },
  inTemplate: async (task) => {
    const a = task('a', () => runPod());
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions, @typescript-eslint/no-base-to-string
    await task('b', () => runPod({ output: `${a}` }));
  },
  nestedDag: async (task) => {
    await task('inner', () => dag(() => undefined));
  },
} satisfies Record<string, Body>;

export type Mistake = keyof typeof BODIES;

export const mistake = (name: Mistake): Promise<unknown> => dag<unknown>(BODIES[name]);

export async function twoDags(): Promise<void> {
  await dag(() => undefined);
  await dag(() => undefined);
}

/** Legal: the child waits for its parent, which does not wait for the child. */
export async function childAwaitsParent(): Promise<unknown> {
  return dag(async (task) => {
    const parent = task('parent', (): string => {
      task('child', async (): Promise<unknown> => void (await parent));
      return 'parent';
    });
    return parent;
  });
}
