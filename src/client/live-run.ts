/** A run as it is now, kept up to date until it has closed. */
import { pause } from '../common/pause.ts';
import type { Graph } from '../contract/index.ts';
import { earlierRuns } from './earlier-runs.ts';
import type { FoundRun } from './find-run.ts';
import { historyPages } from './history.ts';
import { pendingPods } from './pending.ts';
import { askWorker, type RunGraph } from './run-graph.ts';
import { merged } from './run-graph/merge.ts';
import { RunHistory } from './run-graph/run-history.ts';
import type { Known } from './show/view-of.ts';
import type { PendingPod } from './states.ts';
import type { Temporal } from './temporal.ts';
import { isPolled } from './worker-check.ts';

const LOOK_EVERY_MS = 1_000;
/** Whether there is a worker at all. */
const ASK_EVERY_MS = 10_000;

export class LiveRun {
  readonly #temporal: Temporal;
  readonly #run: FoundRun;
  readonly #history: RunHistory;
  /** What a worker told last. Without workflow tasks nothing of it changes, so it holds while no worker is there. */
  #told: Graph | undefined;
  #pending: readonly PendingPod[] = [];
  #earlier: readonly RunGraph[] = [];
  #polled = true;
  /** Something happened since the worker was asked. */
  #stale = true;

  constructor(temporal: Temporal, run: FoundRun) {
    this.#temporal = temporal;
    this.#run = run;
    this.#history = new RunHistory(run.workflowId);
  }

  get known(): Known {
    const { closed } = this.#history;
    const history = this.#history.graph();
    const graph = closed ? history : merged(this.#told, history, { pending: this.#pending, now: Date.now() });
    return { run: this.#run, history: this.#history, graph, earlier: this.#earlier, polled: this.#polled };
  }

  /** Resolves when the run has closed, or `left` fires. @param changed called whenever there may be something new to see */
  async follow(
    left: AbortSignal,
    { changed, say }: { changed: () => void; say: (text: string) => void },
  ): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([left, over.signal]);
    // Nobody waits for them in the end: their answers are of no use then, and one may take its time.
    const looking = [
      this.#every(LOOK_EVERY_MS, signal, async () => {
        await this.#look(signal);
        changed();
      }),
      this.#every(ASK_EVERY_MS, signal, async () => {
        this.#polled = await isPolled(this.#temporal, this.#run.taskQueue);
      }),
      earlierRuns(this.#temporal, this.#run).then((runs) => void (this.#earlier = runs)),
    ];
    for (const one of looking) one.catch(() => undefined);
    try {
      for await (const page of historyPages(this.#temporal, this.#run, { signal, say })) {
        for (const event of page) this.#history.take(event);
        this.#stale ||= page.length > 0;
        changed();
      }
    } finally {
      over.abort();
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    // The history's follower says when Temporal is away.
    this.#pending = await pendingPods(this.#run.handle).catch(() => this.#pending);
    if (!this.#stale || !this.#polled || signal.aborted) return;
    this.#stale = false;
    this.#told = (await askWorker(this.#temporal, this.#run)) ?? this.#told;
  }

  async #every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (; !signal.aborted; await pause(ms, signal)) await work();
  }
}
