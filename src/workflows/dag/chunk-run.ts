/** One chunk of a `task.map`, as its parent sees it: a child workflow. */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type ChildWorkflowHandle,
  type SignalDefinition,
} from '@temporalio/workflow';
import { type Chunk, type MappedItems, SCHEDULED_START } from '../../contract/index.ts';
import { scheduledTime } from '../scheduled-time.ts';
import { podsPaused, podsStopped } from './controls.ts';
import { dagError, notStarted } from './errors.ts';
import { failedItem, type FailedItem, whichFailed } from './items-failed.ts';
import type { TaskNode } from './task-node.ts';
import type { ChunkWorkflow } from './types.ts';

export class ChunkRun<I, R> {
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
