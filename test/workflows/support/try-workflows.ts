/** Workflows whose tries differ from each other; with all of the project's own. */
import type { PodResult, PodSpec } from '../../../src/contract/index.ts';
import { dag } from '../../../src/workflows/dag/index.ts';
import { moreMemory } from '../../../src/workflows/next-try.ts';
import { runPod } from '../../../src/workflows/run-pod.ts';

export * from '../../../src/workflows/index.ts';

/** More memory after each OOMKilled, up to 1Gi. */
export const growing = (spec: PodSpec): Promise<PodResult> =>
  dag(async (task) => task('main', () => runPod(spec, { nextTry: moreMemory({ factor: 4, upTo: '1Gi' }) })));

/** Says in the next pod's arguments what it was told of the last one. */
export const telling = (spec: PodSpec): Promise<PodResult> =>
  dag(async (task) =>
    task('main', () =>
      runPod(spec, {
        nextTry: ({ kind }, now, next) => ({
          ...now,
          args: [...(now.args ?? []), `${kind} ${next.try} ${next.pod} ${next.free}`],
        }),
      }),
    ),
  );

export const stopping = (spec: PodSpec): Promise<PodResult> =>
  dag(async (task) => task('main', () => runPod(spec, { nextTry: () => 'stop' })));

/** Two tasks at once, which may both be held. */
export const twoTasks = (spec: PodSpec): Promise<unknown> =>
  dag(async (task) => Promise.allSettled([task('left', () => runPod(spec)), task('right', () => runPod(spec))]));

/** Two tasks and one slot; `fails` is the first to have it. */
export const oneSlot = (spec: PodSpec): Promise<unknown> =>
  dag(
    async (task) =>
      Promise.allSettled([task('fails', () => runPod(spec)), task('other', () => runPod({ image: 'x' }))]),
    { maxParallel: 1 },
  );

/** A task whose function does not wait for its pod. */
export const leftAlone = (spec: PodSpec): Promise<void> =>
  dag((task) => void task('main', () => void runPod(spec).catch(() => undefined)));

/** `tries` waits for its next try when `fatal` fails, after which nothing new starts. */
export const stops = (spec: PodSpec): Promise<void> =>
  dag(
    (task) => {
      task('tries', () => runPod(spec));
      task('fatal', () => runPod({ image: 'x' }));
    },
    { onFailure: 'stop' },
  );
