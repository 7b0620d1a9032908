import { dag, type DagOptions, type TaskOptions } from '../../../src/workflows/dag/index.ts';
import { runPod as realRunPod } from '../../../src/workflows/run-pod.ts';
import { failing, runPod, twoTries } from './stub-pod.ts';

/** `bad` fails; one task needs it, one catches what it throws, one listens with allSettled, one has nothing to do with it. */
export async function controlled(options: DagOptions & { bad?: TaskOptions }): Promise<unknown> {
  return dag(async (task) => {
    const bad = task('bad', () => runPod(failing()), options.bad);
    const needs = task('needs', async () => runPod({ output: (await bad).output }));
    const catches = task('catches', () => bad.then(({ output }) => output).catch(() => 'caught'));
    const settled = task('settled', async () => (await Promise.allSettled([bad])).map(({ status }) => status));
    task('lone', () => runPod());
    return [(await needs).output, await catches, await settled];
  }, options);
}

/** One task in each state that can last: running, queued, waiting, done, failed, upstream, held. */
export async function assortment(options: DagOptions = {}): Promise<void> {
  await dag(
    async (task) => {
      const done = task('done', () => runPod());
      const failed = task('failed', () => runPod(failing()), { hold: false });
      task('upstream', async () => void (await failed));
      await Promise.allSettled([done, failed]);
      await task('held', () => runPod(failing()), { hold: '1h' }).catch(() => undefined);
      const running = task('running', () => runPod({ ms: 30_000 }));
      task('queued', () => runPod({ ms: 30_000 }));
      task('waiting', async () => runPod({ output: (await running).output }));
    },
    { maxParallel: 1, ...options },
  );
}

/** Catches a failure, and fails by itself; nobody awaits it. */
export async function catcherFails(): Promise<void> {
  await dag((task) => {
    const bad = task('bad', () => runPod(failing()));
    task('catcher', () => bad.catch(() => runPod(failing())), { hold: '1h' });
  });
}

/** Two are held; then a third one fails for good, and nothing new starts. */
export async function twoHeldOneStops(onFailure: 'stop' | 'cancel'): Promise<void> {
  await dag(
    async (task) => {
      const held = ['held-1', 'held-2'].map((name) => task(name, () => runPod(failing())));
      task('final', () => runPod(failing('broken for good', 1_000)), { hold: false });
      await Promise.allSettled(held);
    },
    { onFailure, hold: '1h' },
  );
}

/** Fails after it has created tasks. */
export async function parentFails(): Promise<void> {
  await dag(
    (task) => {
      task('parent', async () => {
        task('child', () => runPod());
        await runPod(failing());
      });
    },
    { hold: '1h' },
  );
}

/** One of two pods fails while the other one runs, in a task or in the body. */
export async function endsBeforeItsPods(input: { where: 'task' | 'body' } & DagOptions): Promise<void> {
  const pods = () => Promise.all([runPod(failing('exit code 1', 300)), runPod({ ms: 1_500 })]);
  await dag((task) => (input.where === 'body' ? pods() : task('task', pods)), input);
}

/** A task with a second try, and one that waits for the only slot. */
export async function triesAndOthers(): Promise<void> {
  await dag(
    (task) => {
      task('tries', () => twoTries({ ms: 500 }));
      task('other', () => runPod());
    },
    { maxParallel: 1 },
  );
}

/** The real `runPod`, in a DAG that holds. */
export async function outOfMemory(): Promise<unknown> {
  const limits = { cpu: '1', memory: '1Gi' };
  return dag((task) => task('hungry', () => realRunPod({ image: 'etl:3', resources: { limits } })), { hold: '1h' });
}
