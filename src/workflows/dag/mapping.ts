/** One `task.map`: its items in chunks, some of which run at once. */
import { workflowInfo } from '@temporalio/workflow';
import { chunkId, type MappedItems } from '../../contract/index.ts';
import { ChunkRun } from './chunk-run.ts';
import { dagError } from './errors.ts';
import { itemsFailed } from './items-failed.ts';
import { memoOfChunk, rerunOf } from './rerun.ts';
import { checkTaskName, MAX_TASKS } from './task-name.ts';
import type { TaskNode } from './task-node.ts';
import type { ChunkWorkflow, MapOptions } from './types.ts';
import { podsPaused, podsStopped } from './controls.ts';

/** More children would make the parent's history what the chunks are there to avoid. */
const MAX_CHUNKS = 1000;
const PER = 500;
const AT_ONCE = 4;

export function checkMapOptions(workflow: { name: string }, { per = PER, atOnce = AT_ONCE }: MapOptions): void {
  if (!workflow.name)
    throw dagError('DagMisuse', 'task.map takes an exported workflow function, and this one has no name');
  refuseUnless('per', per, MAX_TASKS);
  refuseUnless('atOnce', atOnce, MAX_CHUNKS);
}

function refuseUnless(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw dagError('DagMisuse', `${name} is ${value}: it takes a whole number from 1 to ${max}`);
}

export class Mapping<I, R> {
  readonly #node: TaskNode;
  readonly #items: readonly I[] | PromiseLike<readonly I[]>;
  readonly #workflow: ChunkWorkflow<I, R>;
  readonly #per: number;
  readonly #atOnce: number;
  #chunks: ChunkRun<I, R>[] | undefined;

  constructor(
    node: TaskNode,
    items: readonly I[] | PromiseLike<readonly I[]>,
    workflow: ChunkWorkflow<I, R>,
    { per = PER, atOnce = AT_ONCE }: MapOptions,
  ) {
    this.#node = node;
    this.#items = items;
    this.#workflow = workflow;
    this.#per = per;
    this.#atOnce = atOnce;
  }

  /** Called again when it was held: chunks that are done stay done. */
  async run(): Promise<R[]> {
    this.#chunks ??= this.#cut(await this.#items);
    const chunks = this.#chunks;
    const open = chunks.filter(({ state }) => state !== 'done');
    for (const chunk of open) chunk.state = 'waiting';
    const lane = async () => {
      for (let next = open.shift(); next; next = open.shift()) await next.run(this.#node, this.#workflow);
    };
    // All of them, also when one was cancelled: a child must not outlive the task.
    const lanes = await Promise.allSettled(Array.from({ length: this.#atOnce }, lane));
    for (const end of lanes) if (end.status === 'rejected') throw end.reason;
    const failed = chunks.filter(({ state }) => state === 'failed');
    if (failed.length > 0) throw this.#failure(failed);
    return chunks.flatMap(({ results }) => results);
  }

  /** Whether a child was ever started. */
  get hasBegun(): boolean {
    return this.#chunks?.some(({ hasBegun }) => hasBegun) ?? false;
  }

  /** Nothing while the items are not known. */
  get progress(): MappedItems | undefined {
    const chunks = this.#chunks;
    if (!chunks) return undefined;
    const counts = { items: 0, done: 0, failed: 0, running: 0 };
    for (const { items, state, failed } of chunks) {
      counts.items += items.length;
      counts.failed += failed;
      if (state === 'running') counts.running += items.length;
      if (state === 'done' || state === 'failed') counts.done += items.length - failed;
    }
    return {
      ...counts,
      chunks: chunks.map(({ workflowId, from, items, state }) => ({ workflowId, from, items: items.length, state })),
    };
  }

  /** Tells the chunks that run; those that start later ask by themselves. */
  async tellPaused(paused: boolean): Promise<void> {
    await Promise.all((this.#chunks ?? []).map((chunk) => chunk.tell(podsPaused, paused)));
  }

  async tellStopped(why: string): Promise<void> {
    await Promise.all((this.#chunks ?? []).map((chunk) => chunk.tell(podsStopped, why)));
  }

  /** In a rerun, a chunk of it has found that all of its work is done. */
  chunkReused(workflowId: string): void {
    for (const chunk of this.#chunks ?? []) if (chunk.workflowId === workflowId) chunk.isReused = true;
  }

  #cut(items: readonly I[]): ChunkRun<I, R>[] {
    const { name, sawOnlyReused } = this.#node;
    const count = Math.ceil(items.length / this.#per);
    if (count > MAX_CHUNKS) {
      const what = `${items.length} items are ${count} chunks, at most ${MAX_CHUNKS}`;
      throw dagError('DagTooLarge', `task.map '${name}': ${what}`);
    }
    checkTaskName(`${name}-${items.length}`);
    const { workflowId } = workflowInfo();
    const earlier = sawOnlyReused ? rerunOf() : undefined;
    return Array.from({ length: count }, (_, at) => {
      const from = at * this.#per;
      const memo = earlier && memoOfChunk(earlier, name, at);
      return new ChunkRun(chunkId(workflowId, name, at), from, items.slice(from, from + this.#per), memo);
    });
  }

  #failure(chunks: readonly ChunkRun<I, R>[]) {
    const { failed, items: of } = this.progress!;
    const items = chunks.flatMap((chunk) => chunk.failedItems);
    return itemsFailed(this.#node.name, { failed, of, items }, chunks[0]?.error);
  }
}
