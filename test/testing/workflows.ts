/** What simulate.test.ts simulates. */
import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { z } from 'zod';
import type { PodSpec } from '../../src/contract/index.ts';
import {
  dag,
  mapChunk,
  moreMemory,
  runPod,
  scheduledDay,
  withParams,
  type DagOptions,
} from '../../src/workflows/library.ts';
import type { Chunk } from '../../src/contract/index.ts';

export const nightly = withParams(
  z.object({ day: z.iso.date().optional() }),
  async function nightly({ day = scheduledDay() }) {
    return dag(async (task) => {
      const orders = task('orders', () => runPod<number[]>({ image: 'etl:1', args: [day] }));
      const total = task('total', async () =>
        runPod<number>(
          {
            image: 'sum:1',
            args: (await orders).output.map(String),
            resources: { limits: { memory: '1Gi' } },
            retries: 2,
          },
          { nextTry: moreMemory({ factor: 2 }) },
        ),
      );
      return (await total).output;
    });
  },
);

/** One task, `main`. */
export const one = (input: { spec?: PodSpec; dag?: DagOptions } = {}) =>
  dag(async (task) => (await task('main', () => runPod({ image: 'etl:1', ...input.spec }))).output, input.dag);

export const typed = () =>
  dag(async (task) => {
    const output = z.object({ rows: z.number() });
    return (await task('main', () => runPod({ image: 'etl:1' }, { output }))).output.rows;
  });

/** What the removals said, as the results have it when the run ends. */
export async function removals(): Promise<unknown> {
  const results: Awaited<ReturnType<typeof runPod>>[] = [];
  let before: unknown;
  await dag(async (task) => {
    results.push(await task('a', () => runPod({ image: 'etl:1' })));
    before = { ...results[0]?.cleanup };
    results.push(await task('b', () => runPod({ image: 'etl:1', waitForRemoval: true })));
    results.push(await task('c', () => runPod({ image: 'etl:1', onFinish: 'keep', keepFor: '2h' })));
  });
  return [before, ...results.map(({ cleanup }) => cleanup)];
}

export async function waits(): Promise<string[]> {
  const times = [new Date().toISOString()];
  await sleep('3 days');
  times.push(new Date().toISOString());
  await condition(() => false, '1h');
  return [...times, new Date().toISOString()];
}

export const ties = () => Promise.race([sleep('1s').then(() => 'first'), sleep('1s').then(() => 'second')]);

let calls = 0;
export const counts = async () => ++calls;

export const decide = defineUpdate<string, [by: string]>('decide');
export const note = defineSignal<[text: string]>('note');
export const notes = defineQuery<string[]>('notes');
export async function approval(): Promise<string> {
  let by = '';
  const written: string[] = [];
  setHandler(note, (text) => void written.push(text));
  setHandler(notes, () => written);
  setHandler(decide, (who) => (by = who), {
    validator(who) {
      if (!who) throw ApplicationFailure.nonRetryable('by: who?', 'Refused');
    },
  });
  const isDecided = await condition(() => by !== '', '2d');
  return isDecided ? by : 'nobody';
}

export const forEver = () => condition(() => false);
export async function busy(): Promise<void> {
  for (;;) await sleep('1m');
}
export async function wrong(): Promise<void> {
  throw new TypeError('x is not a function');
}
export async function careless(): Promise<void> {
  void Promise.reject(new Error('nobody catches this'));
  await sleep('1h');
}
export const fresh = async () => (patched('mended') ? 'new' : 'old');

const { mail } = proxyActivities<{ mail(to: string): Promise<string> }>({ startToCloseTimeout: '1m' });
const { look } = proxyLocalActivities<{ look(): Promise<number> }>({ startToCloseTimeout: '1m' });
export const mails = (to: string) => mail(to);
export const looks = () => look();

export const mapped = (files: string[]) =>
  dag(async (task) => task.map('load', files, loadChunk, { per: 2, atOnce: 1 }));
export const loadChunk = (chunk: Chunk<string>) =>
  mapChunk(chunk, async (file) => (await runPod<string>({ image: 'etl:1', args: [file] })).output);

export const parent = (child: 'region' | 'nowhere' = 'region') =>
  dag(async (task) =>
    task('eu', () =>
      executeChild<() => Promise<string>>(child, {
        args: ['eu'] as never,
        workflowId: `${workflowInfo().workflowId}/eu`,
      }),
    ),
  );
export const region = (name: string) =>
  dag(async (task) => {
    await task('part', () => runPod({ image: 'etl:1', args: [name] }));
    return `${name} of ${workflowInfo().parent?.workflowId}`;
  });

export const told = defineSignal<[text: string]>('told');
export async function listens(): Promise<string> {
  let heard = '';
  setHandler(told, (text) => void (heard = text));
  await startChild(tells, { workflowId: 'teller', parentClosePolicy: ParentClosePolicy.ABANDON });
  await condition(() => heard !== '');
  const gone = getExternalWorkflowHandle('nobody');
  return `${heard}; ${await gone.signal(told, 'x').then(String, (error: Error) => error.message)}`;
}
export const tells = () => getExternalWorkflowHandle(workflowInfo().parent!.workflowId).signal(told, 'hello');

export async function leaves(policy: 'TERMINATE' | 'REQUEST_CANCEL' | 'ABANDON'): Promise<string> {
  await startChild(region, { args: ['eu'], workflowId: 'left', parentClosePolicy: policy });
  await sleep('10s');
  return 'left';
}
export async function twice(): Promise<string> {
  await startChild(region, { args: ['eu'], workflowId: 'same' });
  return startChild(region, { args: ['us'], workflowId: 'same' }).then(
    () => 'both',
    (error: Error) => error.name,
  );
}

export async function rounds(left: number): Promise<string> {
  await dag(async (task) => task('look', () => runPod({ image: 'etl:1' })));
  if (left > 0) await continueAsNew<typeof rounds>(left - 1);
  return workflowInfo().runId === workflowInfo().firstExecutionRunId ? 'one run' : 'several';
}

/** Its child is there when it begins anew. */
export async function movesOn(isFirst: boolean): Promise<string> {
  if (!isFirst) {
    await sleep('300ms');
    return 'moved on';
  }
  await startChild(region, { args: ['eu'], workflowId: `${workflowInfo().workflowId}/eu` });
  await sleep('100ms');
  return continueAsNew<typeof movesOn>(false);
}
