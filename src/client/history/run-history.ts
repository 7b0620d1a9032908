/** A history, event by event, as a graph: it needs no worker, and tells of closed runs for as long as Temporal keeps them. */
import type { HistoryEvent } from '../../common/history-pages.ts';
import type { GraphEdge, RunRef } from '../../contract/index.ts';
import type { ChunkState } from './chunk-events.ts';
import { type Closed, type DagEvent, dagReader } from './dag-events.ts';
import { eventReader, type RunEvent } from './pod-events.ts';
import { isHeldAgainst, type Misfit, misfitOf, type Refusal } from '../../replay/misfit.ts';
import { Edges, nodeName, type RunGraph, type RunPod } from './run-graph.ts';
import { TaskStory } from './task-story.ts';

export interface Stuck extends Misfit {
  /** When a workflow task failed first, in milliseconds since 1970. Absent: none has yet, but the worker's code cannot take up the run. */
  readonly since?: number;
}

export class RunHistory {
  /** Its first event is known. */
  isBegun = false;
  args: readonly unknown[] = [];
  rerunOf: RunRef | undefined;
  closed: (Closed & { readonly at: number }) | undefined;
  readonly #readPods = eventReader();
  readonly #readDag: ReturnType<typeof dagReader>;
  readonly #tasks = new Map<string, TaskStory>();
  readonly #pods = new Map<string, RunPod>();
  readonly #edges = new Edges();
  #podsPaused = false;
  /** What code is held against: the first event, and whatever the code asked for. */
  readonly #asked: HistoryEvent[] = [];
  #refused: (Refusal & { readonly since: number }) | undefined;

  constructor(workflowId: string) {
    this.#readDag = dagReader(workflowId);
  }

  /** In the order of the history. */
  take(event: HistoryEvent): void {
    if (isHeldAgainst(event)) this.#asked.push(event);
    const ofPod = this.#readPods(event);
    if (ofPod) this.#takePod(ofPod);
    const ofDag = this.#readDag(event);
    if (ofDag) this.#takeDag(ofDag);
  }

  /** A workflow task of it fails, so nothing goes on. */
  get stuck(): Stuck | undefined {
    if (this.closed || !this.#refused) return undefined;
    return { ...this.misfit(this.#refused), since: this.#refused.since };
  }

  /** What the SDK said of code that it could not go on with, in the words of the DAG. */
  misfit(refusal: Refusal): Misfit {
    return misfitOf(refusal, this.#asked);
  }

  graph(): RunGraph {
    const closed = this.closed !== undefined;
    return {
      nodes: [...this.#tasks.values()].map((task) => task.node(closed)),
      edges: this.#edges.list,
      ...(this.#podsPaused && !closed && { podsPaused: true }),
      pods: [...this.#pods.values()],
      from: 'history',
    };
  }

  /** The chunks of every `task.map`. */
  get chunks(): (ChunkState & { readonly task: string })[] {
    return [...this.#tasks.values()].flatMap(({ name, chunks }) =>
      [...chunks.values()].map((chunk) => ({ ...chunk, task: name })),
    );
  }

  #takePod(event: RunEvent): void {
    switch (event.kind) {
      case 'taken':
        break;
      case 'stepped':
        this.#refused = undefined;
        break;
      case 'stuck': {
        const { why: message, stackTrace, at } = event;
        // The newest reason counts, and the oldest time.
        this.#refused = { message, stackTrace, since: this.#refused?.since ?? at };
        break;
      }
      case 'scheduled': {
        const { after, order = [], parent } = event.pod;
        const name = nodeName(event.pod);
        this.#connect(name, after, order);
        this.#setPod(name, { ...event.pod, scheduledAt: event.at });
        if (parent !== undefined) this.#task(name).parent = parent;
        break;
      }
      case 'ended':
        this.#changePod(event.pod.activityId, { end: event.end, endedAt: event.at });
        break;
      case 'cleaned':
        for (const [activityId, cleanup] of event.cleanups) {
          const { end } = this.#pods.get(activityId) ?? {};
          if (end) this.#changePod(activityId, { end: { ...end, cleanup } });
        }
    }
  }

  #takeDag(event: DagEvent & { readonly at: number }): void {
    switch (event.kind) {
      case 'begun':
        this.isBegun = true;
        this.args = event.args;
        this.rerunOf = event.rerunOf;
        break;
      case 'held':
        this.#task(event.task).hold(event.until);
        break;
      case 'pausing':
        this.#task(event.task).pausing = { why: event.why, until: event.until };
        break;
      case 'unheld':
        this.#task(event.task).unhold(event.timeOver, event.at);
        break;
      case 'decided':
        this.#task(event.task).decide(event, event.at);
        break;
      case 'podsPaused':
        this.#podsPaused = event.on;
        break;
      case 'tasksWithoutPods':
        for (const node of event.memo.nodes) this.#task(node.name).told = node;
        for (const edge of event.memo.edges) this.#addEdge(edge);
        break;
      case 'chunk':
        this.#connect(event.task, event.after ?? [], []);
        this.#task(event.task).setChunk(event.chunk, event.at);
        break;
      case 'chunkReused':
        for (const task of this.#tasks.values()) if (task.chunks.has(event.chunk)) task.reusedChunks.add(event.chunk);
        break;
      case 'closed':
        this.closed = event;
        for (const { task, why } of event.failed ?? []) this.#task(task).failure = why;
    }
  }

  #task(name: string): TaskStory {
    const task = this.#tasks.get(name) ?? new TaskStory(name);
    this.#tasks.set(name, task);
    return task;
  }

  /** What is awaited is a task too, also when it never comes to a pod. */
  #connect(to: string, after: readonly string[], order: readonly string[]): void {
    for (const from of order) this.#addEdge([from, to, 'order']);
    for (const from of after) this.#addEdge([from, to, 'data']);
    this.#task(to);
  }

  #addEdge(edge: GraphEdge): void {
    this.#task(edge[0]);
    this.#edges.add(edge);
  }

  #setPod(task: string, pod: RunPod): void {
    this.#pods.set(pod.activityId, pod);
    this.#task(task).pods.set(pod.activityId, pod);
  }

  #changePod(activityId: string, change: Partial<RunPod>): void {
    const pod = this.#pods.get(activityId);
    if (pod) this.#setPod(nodeName(pod), { ...pod, ...change });
  }
}
