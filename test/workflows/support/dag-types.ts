/** What TypeScript infers of a DAG. Nothing here runs: `tsc` is the test. */
import type { QueryDefinition } from '@temporalio/common';
import type { Chunk, Graph } from '../../../src/contract/index.ts';
import {
  dag,
  type graphQuery,
  type Handle,
  mapChunk,
  type Task,
  withPodSlot,
} from '../../../src/workflows/dag/index.ts';

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
/** Takes a value of exactly this type, neither a narrower nor a wider one. */
const exactly =
  <Expected>() =>
  <Actual>(_value: Actual, ..._: Equal<Actual, Expected> extends true ? [] : ['not that type']): void =>
    undefined;

interface Sales {
  sum: number;
}

export async function aTaskIsAHandleOfItsResult(task: Task, sales: () => Promise<Sales>) {
  const a = task('a', sales);
  const b = task('b', () => 'text');
  const c = task('c', () => a);
  const nothing = task('nothing', async () => {});
  exactly<Handle<Sales>>()(a);
  exactly<Handle<string>>()(b);
  exactly<Handle<Sales>>()(c);
  exactly<Handle<void>>()(nothing);

  const value = await a;
  exactly<Sales>()(value);
  const tuple = await Promise.all([a, b]);
  exactly<[Sales, string]>()(tuple);
  const list = await Promise.all(['x', 'y'].map((name) => task(name, sales)));
  exactly<Sales[]>()(list);
  const settled = await Promise.allSettled([a, b]);
  exactly<[PromiseSettledResult<Sales>, PromiseSettledResult<string>]>()(settled);
  const first = await Promise.race([a, b]);
  exactly<Sales | string>()(first);
  const either = await Promise.any([a, b]);
  exactly<Sales | string>()(either);

  const sum = a.then((result) => result.sum);
  exactly<Handle<number>>()(sum);
  const flat = a.then(() => b);
  exactly<Handle<string>>()(flat);
  const orNull = a.catch(() => null);
  exactly<Handle<Sales | null>>()(orNull);
  const ended = a.finally(() => undefined);
  exactly<Handle<Sales>>()(ended);
}

export async function aMappedTaskIsAHandleOfAllResults(task: Task, days: () => Promise<string[]>) {
  const load = (chunk: Chunk<string>): Promise<Sales[]> => mapChunk(chunk, (day) => ({ sum: day.length }));
  exactly<Handle<Sales[]>>()(task.map('list', ['monday'], load));
  exactly<Handle<Sales[]>>()(task.map('handle', task('days', days), load, { per: 10 }));
  // @ts-expect-error the items are not what the workflow takes
  task.map('numbers', [1, 2], load);
}

export async function aDagReturnsWhatItsBodyDoes(sales: () => Promise<Sales>) {
  const value = await dag(async (task) => (await task('a', sales)).sum);
  exactly<number>()(value);
  const handle = await dag((task) => task('a', sales));
  exactly<Sales>()(handle);
  exactly<string>()(await withPodSlot(async () => 'a'));
}

export function aForgottenAwaitIsAnError(task: Task, sales: () => Promise<Sales>) {
  const a = task('a', sales);
  // @ts-expect-error a handle has no `sum`
  void a.sum;
  // @ts-expect-error a handle is not an argument of a command
  const command: string[] = ['sum', a];
  // @ts-expect-error nor a number
  void (a * 2);
  return command;
}

export const theQueryAnswersAGraph = (query: typeof graphQuery) => exactly<QueryDefinition<Graph>>()(query);
