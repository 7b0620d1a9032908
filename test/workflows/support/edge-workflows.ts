import { condition, sleep } from '@temporalio/workflow';
import { dag } from '../../../src/workflows/dag/index.ts';
import { failing, runPod } from './stub-pod.ts';

/** Every form of waiting, one task each, named for the form. */
export async function waitingForms(): Promise<void> {
  await dag(async (task) => {
    const a = task('a', () => runPod({ output: 'a' }));
    const b = task('b', () => runPod({ output: 'b', ms: 50 }));
    const bad = task('bad', () => runPod(failing()));
    const derived = a.then((r) => r.output);
    const caught = bad.catch(() => 'caught');
    const ended = b.finally(() => undefined);
    const all = Promise.all([a, b]);
    // eslint-disable-next-line @typescript-eslint/await-thenable
    const allWithMore = Promise.all([a, Promise.resolve(1), b, 2]);
    const settled = Promise.allSettled([a, bad]);
    const any = Promise.any([bad, b]);
    const race = Promise.race([a, b]);
    const resolved = Promise.resolve(a);
    const getA = async () => (await a).output;
    const flag = { up: false };
    void b.then(() => (flag.up = true));

    task('await', async () => void (await a));
    task('all', async () => void (await Promise.all([a, b])));
    task('allSettled', async () => void (await Promise.allSettled([a, bad])));
    task('race', async () => void (await Promise.race([a, b])));
    task('any', async () => void (await Promise.any([bad, b])));
    task('loop', async () => {
      for (const handle of [a, b]) await handle;
    });
    task('try', async () => {
      try {
        await bad;
      } catch {
        return 'saved';
      }
    });
    task('then-inside', () => a.then((r) => r.output));
    task('then-outside', async () => void (await derived));
    task('catch-outside', async () => void (await caught));
    task('finally-outside', async () => void (await ended));
    task('all-outside', async () => void (await all));
    task('all-with-other-values', async () => void (await allWithMore));
    task('allSettled-outside', async () => void (await settled));
    task('any-outside', async () => void (await any));
    task('race-outside', async () => void (await race));
    task('resolve-outside', async () => void (await resolved));
    task('helper', async () => void (await getA()));
    task('after', () => runPod(), { after: [a, b] });
    task('after-a-sleep', async () => {
      await sleep(10);
      await b;
    });
    task('returned', () => b);
    task('for-await', async () => {
      // eslint-disable-next-line @typescript-eslint/await-thenable
      for await (const value of [a, b]) if (!value) return;
    });
    task('generator', async () => {
      async function* both() {
        yield await a;
        yield await b;
      }
      for await (const value of both()) if (!value) return;
    });
    task('in-a-callback', () => new Promise<void>((resolve) => void b.then(() => resolve())));
    task('condition', () => condition(() => flag.up));
    task('children', async () => {
      const children = ['child-1', 'child-2'].map((name) => task(name, async () => void (await a)));
      await Promise.all(children);
    });
    task('spawner', async () => {
      task('late', async () => {
        await sleep(50);
        return runPod();
      });
    });
  });
}

/** A promise that the body made by calling an async function: nobody can see whose wait that is. */
export async function hiddenWait(): Promise<void> {
  await dag(async (task) => {
    const a = task('a', () => runPod());
    const promise = (async () => (await a).output)();
    task('waits', async () => void (await promise));
  });
}

/** What the body awaited before it created a task. */
export async function orderForms(): Promise<void> {
  await dag(async (task) => {
    const a = task('a', () => runPod());
    const b = task('b', async () => void (await a));
    await a;
    const c = task('c', () => runPod());
    await Promise.all([b, c]);
    if (await task('d', () => runPod())) task('e', () => runPod());
  });
}

export async function orderedLoop(count: number): Promise<void> {
  await dag(async (task) => {
    for (let at = 0; at < count; at++) await task(`step-${at}`, () => runPod());
  });
}
