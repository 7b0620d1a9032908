/** A run as it is now, kept up to date until it has closed. */
import { every } from '../../common/pause.ts';
import type { Graph } from '../../contract/index.ts';
import { type PendingPod, pendingPods } from '../history/pending.ts';
import { followHistory, readHistory } from '../history/read-history.ts';
import { askWorker, merged, type RunGraph } from '../history/read-run.ts';
import { RunHistory } from '../history/run-history.ts';
import type { Refusal } from '../../replay/misfit.ts';
import type { Temporal } from '../temporal/connection.ts';
import { newestRuns, type FoundRun } from '../temporal/find-run.ts';
import { runsQuery } from '../temporal/run-query.ts';
import { isPolled } from '../temporal/workers.ts';
import type { Known } from './view.ts';

const LOOK_EVERY_MS = 1_000;
/** Whether there is a worker at all. */
const ASK_EVERY_MS = 10_000;

export class LiveRun {
  readonly #temporal: Temporal;
  readonly #run: FoundRun;
  readonly #history: RunHistory;
  /** What a worker told last. Without workflow tasks nothing of it changes, so it holds while no worker is there. */
  #told: Graph | undefined;
  /** It could not be asked, since its code does not fit the run. */
  #refusal: Refusal | undefined;
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
    const stuck = closed ? undefined : (this.#history.stuck ?? (this.#refusal && this.#history.misfit(this.#refusal)));
    const graph = closed ? history : merged(this.#told, history, { pending: this.#pending, now: Date.now() });
    const more = { earlier: this.#earlier, polled: this.#polled, ...(stuck && { stuck }) };
    return { run: this.#run, history: this.#history, graph, ...more };
  }

  /** Resolves when the run has closed, or `left` fires. @param changed called whenever there may be something new to see */
  async follow(
    left: AbortSignal,
    { changed, say }: { changed: () => void; say: (text: string) => void },
  ): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([left, over.signal]);
    // In the end their answers are of no use: what is asked then ends with the signal, and is not waited for.
    const looking = this.#temporal.connection.withAbortSignal(signal, () =>
      Promise.all([
        every(LOOK_EVERY_MS, signal, async () => {
          await this.#look(signal);
          changed();
        }),
        every(ASK_EVERY_MS, signal, async () => {
          this.#polled = await isPolled(this.#temporal, this.#run.taskQueue);
        }),
        earlierRuns(this.#temporal, this.#run).then((runs) => void (this.#earlier = runs)),
      ]),
    );
    looking.catch(() => undefined);
    try {
      for await (const page of followHistory(this.#temporal, this.#run, { signal, say })) {
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
    // Code that fails answers nothing, and Temporal would wait for it.
    if (this.#history.stuck) return;
    this.#stale = false;
    const { graph, refusal } = await askWorker(this.#temporal, this.#run);
    this.#told = graph ?? this.#told;
    this.#refusal = refusal;
  }
}

/** So many runs of the same workflow that ended well are asked how long a task takes. */
const RUNS = 5;
/** Of each one's history, so that a look at a large run costs little. */
const PAGES = 5;

/** The newest first; none when Temporal does not tell, as it is only a hint. */
export async function earlierRuns(temporal: Temporal, run: FoundRun): Promise<RunGraph[]> {
  const { taskQueue, workflow, runId } = run;
  const query = runsQuery({ taskQueue, workflow, status: 'completed' });
  try {
    const found = (await newestRuns(temporal, query, RUNS + 1)).filter((one) => one.runId !== runId).slice(0, RUNS);
    const histories = await Promise.all(found.map((one) => readHistory(temporal, one, PAGES)));
    return histories.map((history) => history.graph());
  } catch {
    return [];
  }
}
