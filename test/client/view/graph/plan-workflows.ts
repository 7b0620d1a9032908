/** Workflows as people write them, to be planned. */
import { CancellationScope, condition, executeChild, proxyActivities, sleep } from '@temporalio/workflow';
import type { Chunk } from '../../../../src/contract/index.ts';
import { dag, mapChunk } from '../../../../src/workflows/dag/index.ts';
import { runPod } from '../../../../src/workflows/run-pod.ts';

export * from '../../../../src/workflows/index.ts';

interface Files {
  files: { name: string; bytes: number }[];
  count: number;
  kind: string;
}
const find = () => runPod<Files>({ image: 'find:1' });
const load = (name: string) => runPod({ image: 'load:1', args: [name] });

export const loadChunk = (chunk: Chunk<unknown>): Promise<unknown[]> =>
  mapChunk(chunk, (item) => runPod({ image: 'load:1', env: { ITEM: JSON.stringify(item) } }));

/** A list from a pod, a task for each element, and one after all of them. */
export async function fanOut(): Promise<unknown> {
  return dag(async (task) => {
    const { output } = await task('find', find);
    const loads = output.files
      .filter(({ bytes }) => bytes > 1_000_000)
      .map((file, at) => task(`load-${at}`, () => load(file.name.trim().toLowerCase())));
    for (const [at, file] of output.files.entries()) task(`check-${at}`, () => load(`${file.name}.sum`));
    const tables = await Promise.all(loads);
    return task('report', () => load(tables.map((table) => String(table.output)).join(',')));
  });
}

export async function mapped(regions: string[]): Promise<unknown> {
  return dag(async (task) => {
    const found = task('find', find);
    const all = task.map('load', regions, loadChunk, { per: 2 });
    const each = task.map(
      'load-found',
      found.then(({ output }) => output.files),
      loadChunk,
    );
    return task('sum', async () => load(`${(await all).length} and ${(await each).length}`));
  });
}

/** What a run would wait for, before and between its tasks. */
export async function patient(): Promise<void> {
  const { notify } = proxyActivities<{ notify(text: string): Promise<{ id: string }> }>({ startToCloseTimeout: '1m' });
  await sleep('3h');
  await dag(
    async (task) => {
      const first = await task('first', find);
      await sleep('1d');
      const { id } = await notify(first.output.kind);
      const child = (await executeChild('other', { args: [id] })) as unknown;
      const isApproved = await condition(() => false, '1d');
      if (isApproved) task('approved', () => load('never'));
      const ready = task('sensor', async () => {
        while (!(await find()).output.count) await sleep('1m');
      });
      task('last', async () => {
        await ready;
        await load(String(child));
      });
    },
    { hold: '12h' },
  );
}

/** Whoever comes first decides. */
export async function deadlines(): Promise<void> {
  await dag(async (task) => {
    const loaded = task('load', () => CancellationScope.withTimeout('1m', () => load('a')));
    const first = await Promise.race([sleep(1).then(() => 'late'), loaded.then(() => 'in-time')]);
    task(first, () => load('b'));
    const next = await Promise.race([sleep('2d').then(() => 'late'), sleep('1d').then(() => 'early')]);
    let met = false;
    void sleep('1h').then(() => (met = true));
    if (await condition(() => met, '2h')) task(next, () => load('c'));
  });
}

/** Of each branch, one side. */
export async function branches(): Promise<void> {
  await dag(async (task) => {
    const { output } = await task('find', find);
    if (output.count > 0) task('some', () => load('a'));
    else task('none', () => load('b'));
    if (output.kind === 'csv') task('csv', () => load('c'));
    for (let at = 0; at < output.files.length; at++) task(`file-${at}`, () => load('d'));
    for (const key of Object.keys(output)) task(`key-${key}`, () => load(key));
  });
}

export async function defaults({ image = 'load:2', days = 2 }: { image?: string; days?: number } = {}): Promise<void> {
  await dag(async (task) => {
    for (let day = 0; day < days; day++) task(`day-${day}`, () => runPod({ image }));
  });
}

/** An argument that cannot be absent. */
export async function needy(options: { regions: string[]; day: string }): Promise<void> {
  const [first = 'none'] = options.regions;
  await dag(async (task) => {
    for (const region of options.regions) task('region', () => load(`${region} ${options.day} ${first}`));
  });
}

export async function strict(day: string): Promise<void> {
  if (typeof day !== 'string') throw new TypeError('day: must be a text');
  await dag((task) => task('day', () => load(day)));
}

/** Nobody approves in a plan. */
export async function approval(): Promise<void> {
  let approved = false;
  await dag(async (task) => {
    await task('ask', find);
    await condition(() => approved, 0).catch(() => undefined);
    await condition(() => approved);
    approved = true;
    task('go', () => load('x'));
  });
}

/** It is never equal to anything. */
export async function endless(): Promise<void> {
  await dag(async (task) => {
    const poll = task('poll', async () => {
      while ((await find()).output.kind !== 'ready') await sleep('10s');
    });
    task('after', async () => {
      await poll;
      await load('x');
    });
    task('beside', () => load('y'));
  });
}

export async function breaks(): Promise<void> {
  await dag(async (task) => {
    const found = task('find', find);
    const parsed = task('parse', async () => new Date((await found).output.kind).toISOString());
    task('use', async () => load(await parsed));
  });
}

export async function inTheBody(): Promise<void> {
  await dag(async (task) => {
    const { output } = await find();
    await task('load', () => load(output.kind));
  });
}

export async function creates(): Promise<void> {
  await dag(async (task) => {
    const parent = task('parent', async () => {
      const { output } = await find();
      for (const file of output.files) task('child', () => load(file.name));
    });
    task('after', () => load('x'), { after: [parent] });
  });
}

export async function wide(tasks: number): Promise<void> {
  await dag(async (task) => {
    const start = task('start', find);
    const all = Array.from({ length: tasks }, (_, at) => task(`t-${at}`, async () => load((await start).output.kind)));
    task('end', async () => load(String((await Promise.all(all)).length)));
  });
}

export async function noDag(): Promise<unknown> {
  return load('x');
}

export async function waitsBefore(): Promise<void> {
  await condition(() => false);
  await dag(async () => undefined);
}

export async function twice(): Promise<void> {
  await dag(async (task) => {
    task('one', find);
    task('one', find);
  });
}
