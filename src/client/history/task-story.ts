/** What a history says about one task, gathered, and the node of the graph that it makes. */
import type { GraphNode, MappedItems, TaskState } from '../../contract/index.ts';
import { addChange } from '../../workflows/dag/controls.ts';
import type { ChunkState } from './chunk-events.ts';
import type { DagEvent, Pausing } from './dag-events.ts';
import type { RunNode, RunPod } from './run-graph.ts';

type Decided = Extract<DagEvent, { kind: 'decided' }>;

export class TaskStory {
  readonly name: string;
  /** By activityId. */
  readonly pods = new Map<string, RunPod>();
  /** By workflowId. */
  readonly chunks = new Map<string, ChunkState>();
  parent: string | undefined;
  /** In a rerun: its chunks that had nothing to do. */
  readonly reusedChunks = new Set<string>();
  heldUntil: number | undefined;
  /** Between two tries, or with a pod that is kept to be looked at: until when, and why. */
  pausing: { readonly why: Pausing; readonly until: number } | undefined;
  /** What the DAG said of it at its end. */
  failure: string | undefined;
  /** Of a task of whose end no pod tells. */
  told: GraphNode | undefined;
  #decided: TaskState | undefined;
  #retriedAt = 0;
  /** When the time of its next try had come: until its pod is there it waits for a slot. */
  #dueAt = 0;
  #cancelAsked = false;
  #change: GraphNode['changed'];
  #decidedAt: number | undefined;
  #chunksSince: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  decide({ what, change }: Decided, at: number): void {
    if (what === 'cancelTask') {
      this.#cancelAsked = true;
      return;
    }
    this.heldUntil = undefined;
    if (change) this.#change = addChange(this.#change, change);
    this.#decided = ({ retryTask: undefined, skipTask: 'skipped', failTask: 'failed' } as const)[what];
    if (what === 'retryTask') this.#retriedAt = at;
    else this.#decidedAt = at;
  }

  hold(until: number): void {
    this.heldUntil = until;
    this.#decided = undefined;
  }

  /** The wait for a decision, or for the next try, is over: its time is, or something else came first. */
  unhold(timeOver: boolean, at: number): void {
    if (timeOver && this.pausing?.why === 'nextTry') this.#dueAt = at;
    this.pausing = undefined;
    if (this.heldUntil === undefined) return;
    this.heldUntil = undefined;
    this.#decided = timeOver ? 'failed' : 'cancelled';
    this.#decidedAt = at;
  }

  setChunk(chunk: ChunkState, at: number): void {
    this.#chunksSince ??= at;
    this.chunks.set(chunk.workflowId, chunk);
    this.#decidedAt = at;
  }

  /** @param closed whether the run is */
  node(closed: boolean): RunNode {
    const state = this.#state(closed);
    const pods = [...this.pods.values()];
    const error = state === 'done' || state === 'skipped' ? undefined : (this.failure ?? this.#lastFailure?.end?.why);
    const isOver = state !== 'running' && state !== 'held' && state !== 'waiting' && state !== 'queued';
    const startedAt = pods[0]?.scheduledAt ?? this.#chunksSince;
    const ends = [...pods.map(({ endedAt }) => endedAt), this.#decidedAt].filter((end) => end !== undefined);
    return {
      name: this.name,
      state,
      ...(this.parent !== undefined && { parent: this.parent }),
      tries: pods.length,
      pods: pods.map(({ activityId }) => activityId),
      ...(error !== undefined && { error: error.slice(0, 200) }),
      ...(state === 'held' && this.heldUntil !== undefined && { heldUntil: this.heldUntil }),
      ...(this.#change && { changed: this.#change }),
      ...(startedAt !== undefined && { startedAt }),
      ...(isOver && ends.length > 0 && { endedAt: Math.max(...ends) }),
      ...(this.chunks.size > 0 && { mapped: mappedOf([...this.chunks.values()]) }),
      ...(!isOver && state !== 'held' && this.pausing && { pausing: this.pausing }),
      ...this.told,
    };
  }

  #state(closed: boolean): TaskState {
    if (this.heldUntil !== undefined) return closed ? 'cancelled' : 'held';
    if (this.#decided) return this.#decided;
    const lost = this.#lastFailure;
    if (this.failure !== undefined) return lost?.end?.how === 'cancelled' ? 'cancelled' : 'failed';
    const open = closed ? 'cancelled' : 'running';
    if (this.chunks.size > 0 && this.chunks.size === this.reusedChunks.size) return 'reused';
    if (this.chunks.size > 0) return stateOfChunks([...this.chunks.values()], open);
    const pods = [...this.pods.values()];
    if (pods.some(({ end }) => !end)) return open;
    if (this.pausing) return closed ? 'cancelled' : 'waiting';
    if (this.#dueAt > (pods.at(-1)?.scheduledAt ?? 0) && !closed) return 'queued';
    if (lost) return lost.end?.how === 'cancelled' || this.#cancelAsked ? 'cancelled' : 'failed';
    if (this.#retriedAt > (pods.at(-1)?.scheduledAt ?? 0)) return closed ? 'cancelled' : 'waiting';
    return pods.length > 0 && pods.every(({ end }) => end?.reused) ? 'reused' : 'done';
  }

  /** A failure after which the task started another pod, or was called again, is overcome. */
  get #lastFailure(): RunPod | undefined {
    const pods = [...this.pods.values()];
    const newest = Math.max(this.#retriedAt, ...pods.map(({ scheduledAt }) => scheduledAt));
    return pods.findLast(({ end, endedAt = 0 }) => end && end.how !== 'done' && endedAt >= newest);
  }
}

function stateOfChunks(chunks: readonly ChunkState[], open: TaskState): TaskState {
  const has = (state: ChunkState['state']) => chunks.some((chunk) => chunk.state === state);
  if (has('running') || has('waiting')) return open;
  return has('cancelled') ? 'cancelled' : has('failed') ? 'failed' : 'done';
}

function mappedOf(chunks: readonly ChunkState[]): MappedItems {
  const counts = { items: 0, done: 0, failed: 0, running: 0 };
  for (const { items, failed, state } of chunks) {
    counts.items += items;
    counts.failed += failed;
    if (state === 'running') counts.running += items;
    if (state === 'done' || state === 'failed') counts.done += items - failed;
  }
  return {
    ...counts,
    chunks: chunks.map(({ workflowId, from, items, state }) => ({ workflowId, from, items, state })),
  };
}
