/** Shows a run until it has closed: the logs of its pods, and on the side how its tasks stand. */
import { every, pause } from '../../common/pause.ts';
import { isSettled, type Cleanup } from '../../contract/index.ts';
import { callText } from '../../common/program-name.ts';
import { followHistory } from '../history/read-history.ts';
import { LogFolders } from '../logs/folders.ts';
import { LogTails } from '../logs/tails.ts';
import type { Output } from '../terminal/output.ts';
import { pendingPods, pendingText } from '../history/pending.ts';
import { endText, debugText, keptText, type PodEnd } from '../history/pod-end.ts';
import { eventReader, nextRunId, type PodTask, type RunEvent } from '../history/pod-events.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isPolled, noWorkerText } from '../temporal/workers.ts';
import type { Run } from './start.ts';

const LOOK_EVERY_MS = 500;
/** A worker takes a new run within milliseconds. */
const TAKEN_WITHIN_MS = 5_000;

export class Watch {
  readonly #temporal: Temporal;
  readonly #run: Run;
  readonly #output: Output;
  readonly #read = eventReader();
  readonly #tasks = new Map<string, PodTask>();
  readonly #logs: LogTails;
  /** Pods that are not known to be gone, by activityId. */
  readonly #left = new Map<string, Cleanup>();
  readonly #ended = new Map<string, PodEnd>();
  /** What was said last of each activity. */
  readonly #said = new Map<string, string>();
  #taken = false;
  #stuck: string | undefined;

  constructor(temporal: Temporal, run: Run, output: Output) {
    this.#temporal = temporal;
    this.#run = run;
    this.#output = output;
    this.#logs = new LogTails(new LogFolders(temporal.config.logRoot, output), run, this.#tasks, output);
  }

  /**
   * Resolves when the run has closed and all of its log lines are printed, or as soon as `left` fires: with the runId of the run
   * that it goes on as, if it does.
   */
  async untilClosed(left: AbortSignal): Promise<string | undefined> {
    const over = new AbortController();
    const signal = AbortSignal.any([left, over.signal]);
    const looking = this.#temporal.connection.withAbortSignal(signal, () =>
      Promise.all([
        every(LOOK_EVERY_MS, signal, () => this.#look(signal)),
        this.#logs.keepLooking(signal),
        this.#askForWorker(signal),
      ]),
    );
    // It is awaited later: until then its failure would end the program.
    looking.catch(() => undefined);
    let next: string | undefined;
    try {
      const say = (text: string) => this.#output.say(text);
      for await (const page of followHistory(this.#temporal, this.#run, { signal, say }))
        for (const event of page) {
          const known = this.#read(event);
          if (known) await this.#take(known);
          next = nextRunId(event);
        }
    } finally {
      over.abort();
      if (!left.aborted) await looking;
    }
    if (left.aborted) {
      this.#logs.stop();
      return undefined;
    }
    await this.#logs.finishAll();
    for (const [activityId, { error }] of this.#left)
      this.#say(
        activityId,
        `its pod may still be there${error ? ` (${error})` : ''}; the worker's sweeper is left to find it`,
      );
    return next;
  }

  async #take(event: RunEvent): Promise<void> {
    switch (event.kind) {
      case 'taken':
        this.#taken = true;
        break;
      case 'stepped':
        this.#stuck = undefined;
        break;
      case 'stuck':
        if (this.#stuck === event.why) break;
        this.#stuck = event.why;
        this.#output.say(
          `the workflow's code failed, so the run stands still; Temporal tries again until the worker has better code:\n` +
            `  ${event.why}\n  to end the run as it is: temporal workflow terminate --workflow-id ${this.#run.workflowId}`,
        );
        break;
      case 'scheduled':
        this.#tasks.set(event.pod.activityId, event.pod);
        if (event.pod.try > 1) this.#say(event.pod.activityId, `try ${event.pod.try}`);
        break;
      case 'cleaned':
        for (const [activityId, cleanup] of event.cleanups)
          this.#see(activityId, { ...this.#ended.get(activityId), cleanup });
        break;
      case 'ended':
        await this.#tellEnd(event.pod, event.end);
    }
  }

  async #tellEnd({ activityId, task }: PodTask, end: PodEnd): Promise<void> {
    const here = end.pod !== undefined && (await this.#logs.finish(end.pod.uid));
    // That of a reused result was printed when its pod ran.
    if (!here && !end.reused && end.logs?.lines) {
      this.#say(
        activityId,
        `its log (${end.logs.lines} lines) is not on this machine but at ${end.logs.uri}; the last lines:`,
      );
      for (const line of end.logs.tail.trimEnd().split('\n')) this.#output.log(task, Buffer.from(line));
    }
    this.#say(activityId, endText(end));
    this.#ended.set(activityId, end);
    const debug = debugText(end, callText('end-debug', this.#run.workflowId, task));
    if (debug) this.#say(activityId, debug);
    else if (end.cleanup) this.#see(activityId, { pod: end.pod, cleanup: end.cleanup });
  }

  #see(activityId: string, { pod, cleanup }: Pick<PodEnd, 'pod'> & { cleanup: Cleanup }): void {
    const kept = keptText({ pod, cleanup });
    if (kept) this.#say(activityId, kept);
    if (isSettled(cleanup)) this.#left.delete(activityId);
    else this.#left.set(activityId, cleanup);
  }

  async #look(signal: AbortSignal): Promise<void> {
    // The history's follower says when Temporal is away.
    const pending = await pendingPods(this.#run.handle).catch(() => []);
    for (const pod of pending) {
      const text = pendingText(pod, Date.now());
      // Its end may have been told while this answer was on its way.
      if (text && !this.#ended.has(pod.activityId) && !signal.aborted) this.#say(pod.activityId, text);
    }
  }

  async #askForWorker(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#taken) {
      await pause(TAKEN_WITHIN_MS, signal);
      if (signal.aborted || this.#taken || (await isPolled(this.#temporal))) continue;
      return this.#output.say(noWorkerText(this.#temporal.config.taskQueue));
    }
  }

  #say(activityId: string, text: string): void {
    if (this.#said.get(activityId) === text) return;
    this.#said.set(activityId, text);
    this.#output.state(this.#tasks.get(activityId)?.task ?? activityId.replace(/-\d+$/, ''), text);
  }
}
