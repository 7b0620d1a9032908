/** One `task.map`: its items in chunks, each a child workflow, some of which run at once. */
import {
  workflowInfo,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
  type SignalDefinition,
  getExternalWorkflowHandle,
} from '@temporalio/workflow';
import { chunkId, type MappedItems, type Chunk, SCHEDULED_START } from '../../contract/index.ts';
import { scheduledTime } from './scheduled-time.ts';
import { dagError, itemsFailed, notStarted, failedItem, type FailedItem, whichFailed } from './failures.ts';
import { memoOfChunk, rerunOf } from './task-context.ts';
import { checkTaskName, MAX_TASKS, type TaskNode } from './task-node.ts';
import type { ChunkWorkflow, MapOptions } from './types.ts';
import { podsPaused, podsStopped, chunkReused } from './controls.ts';

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

/** One chunk, as its parent sees it: a child workflow. */
class ChunkRun<I, R> {
  readonly workflowId: string;
  readonly from: number;
  readonly items: readonly I[];
  state: MappedItems['chunks'][number]['state'] = 'waiting';
  results: readonly R[] = [];
  /** Of a chunk that has failed. */
  error: unknown;
  /** In a rerun: no pod of it ran. */
  isReused = false;
  hasBegun = false;
  readonly #memo: Record<string, unknown> | undefined;
  #child: ChildWorkflowHandle<ChunkWorkflow<I, R>> | undefined;

  constructor(workflowId: string, from: number, items: readonly I[], memo?: Record<string, unknown>) {
    this.workflowId = workflowId;
    this.from = from;
    this.items = items;
    this.#memo = memo;
  }

  /** Keeps what came of it. @throws CancelledFailure when the mapping was cancelled, after the child has closed */
  async run(node: TaskNode, workflow: ChunkWorkflow<I, R>): Promise<void> {
    const gate = node.gate!;
    try {
      if (gate.isPaused) await condition(() => !gate.isPaused || gate.isShut);
      if (gate.isShut) throw notStarted(node.name, 'nothing new starts any more');
      this.state = 'running';
      this.hasBegun = true;
      this.isReused = false;
      node.running++;
      node.startedAt ??= Date.now();
      this.results = await this.#resultOf(node, workflow).finally(() => node.running--);
      node.podOver(this.isReused ? 'reused' : 'done');
      this.state = 'done';
    } catch (error) {
      // Somebody may have cancelled this one child: for the mapping it has failed then.
      const isCancelled = CancellationScope.current().consideredCancelled && isCancellation(error);
      this.state = isCancelled ? 'cancelled' : 'failed';
      node.podOver('failed');
      this.error = error;
      if (isCancelled) throw error;
    }
  }

  /** How many items have no result, now that it has ended. */
  get failed(): number {
    return this.state === 'failed' ? (whichFailed(this.error)?.failed ?? this.items.length) : 0;
  }

  get failedItems(): FailedItem[] {
    const { workflowId, from, items } = this;
    const told = whichFailed(this.error)?.items.map((item) => ({ ...item, workflowId }));
    return told ?? [failedItem(from, this.error, { last: from + items.length - 1, workflowId })];
  }

  /** A child that has ended meanwhile has no pods to pause or to stop. */
  async tell<A>(signal: SignalDefinition<[A]>, argument: A): Promise<void> {
    if (this.state === 'running') await this.#child?.signal(signal, argument).catch(() => undefined);
  }

  async #resultOf({ name, sources, gate }: TaskNode, workflow: ChunkWorkflow<I, R>): Promise<readonly R[]> {
    const { workflowId, from, items } = this;
    const input: Chunk<I> = { name, from, items, after: [...sources].map((source) => source.name) };
    this.#child = undefined;
    const child = await startChild(workflow, {
      workflowId,
      args: [input],
      // A terminated parent's children come to an orderly end: their pods are seen off.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      // Replaying a chunk may take longer than the 10 s that are the default.
      workflowTaskTimeout: '60s',
      staticSummary: `${name} ${from} to ${from + items.length - 1}`,
      // A chunk is for the same moment as the whole.
      typedSearchAttributes: [{ key: SCHEDULED_START, value: scheduledTime() }],
      ...(this.#memo && { memo: this.#memo }),
    });
    this.#child = child;
    if (gate?.isPaused) await this.tell(podsPaused, true);
    if (gate?.shutBecause !== undefined) await this.tell(podsStopped, gate.shutBecause);
    const results: unknown = await child.result();
    if (Array.isArray(results) && results.length === items.length) return results as R[];
    const got = Array.isArray(results) ? `${results.length} results` : 'no list of results';
    throw dagError('DagMisuse', `${workflowId} returned ${got} for ${items.length} items`);
  }
}

/**
 * In a rerun, a chunk of a map that had nothing to do says so: only it knows, and what comes after the map in the parent is
 * reused only if the whole map was. Ends when the parent has it in its history, so before it hears of this run's end.
 * A parent that does not learn of it runs more.
 */
export async function tellIfAllReused(body: TaskNode, tasks: readonly TaskNode[]): Promise<void> {
  const { parent, workflowId } = workflowInfo();
  if (!parent || rerunOf()?.chunk === undefined) return;
  if (!body.sawOnlyReused || !tasks.every(({ isReused }) => isReused)) return;
  const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
  await handle.signal(chunkReused, workflowId).catch(() => undefined);
}
