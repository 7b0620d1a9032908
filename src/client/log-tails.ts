/** The logs of a run's pods, as far as they are on this machine, read while they are written. */
import { podFolders, readLog, type Gap, type RunKey } from '../activities/logs/index.ts';
import { labelOf } from './labels.ts';
import type { Output } from './output.ts';
import type { PodTask } from './run-events.ts';
import { messageOf } from '../message-of.ts';

/** A pod's log is looked at this often; the files are few, but there may be a hundred pods. */
const POLL_MS = 200;

interface Tail {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class LogTails {
  readonly #root: string;
  readonly #run: RunKey;
  readonly #tasks: ReadonlyMap<string, PodTask>;
  readonly #output: Output;
  /** By the uid of the pod. */
  readonly #tails = new Map<string, Tail>();

  /** @param tasks by activityId; filled from outside as the tasks become known */
  constructor(root: string, run: RunKey, tasks: ReadonlyMap<string, PodTask>, output: Output) {
    this.#root = root;
    this.#run = run;
    this.#tasks = tasks;
    this.#output = output;
  }

  /** Begins to follow the pods that are new. */
  async look(): Promise<void> {
    for (const { activityId, uid, folder } of await podFolders(this.#root, this.#run)) {
      if (this.#tails.has(uid)) continue;
      const stop = new AbortController();
      this.#tails.set(uid, { stop, ended: this.#follow(activityId, folder, stop.signal) });
    }
  }

  /** For a pod that has ended: prints its log to the end. False when it is not on this machine. */
  async finish(uid: string): Promise<boolean> {
    await this.look();
    const tail = this.#tails.get(uid);
    tail?.stop.abort();
    await tail?.ended;
    return tail !== undefined;
  }

  /** For whoever leaves: waits for nothing more. */
  stop(): void {
    for (const { stop } of this.#tails.values()) stop.abort();
  }

  /** For a run that has closed: prints all that there is. */
  async finishAll(): Promise<void> {
    await this.look();
    this.stop();
    await Promise.all([...this.#tails.values()].map(({ ended }) => ended));
  }

  async #follow(activityId: string, folder: string, follow: AbortSignal): Promise<void> {
    const unknown = { task: activityId.replace(/-\d+$/, ''), main: 'base' };
    const task = () => this.#tasks.get(activityId) ?? unknown;
    try {
      for await (const { container, kind, bytes } of readLog(folder, { follow, pollMs: POLL_MS })) {
        const label = labelOf(task(), container);
        if (kind === 'gap') this.#output.gap(label, gapText(bytes));
        else this.#output.log(label, bytes);
      }
    } catch (error) {
      this.#output.state(task().task, `its log cannot be read: ${messageOf(error)}`);
    }
  }
}

function gapText(bytes: Buffer): string {
  try {
    return `lines are missing here: ${(JSON.parse(bytes.toString()) as Gap).message}`;
  } catch {
    return 'lines are missing here';
  }
}
