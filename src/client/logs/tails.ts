/** The logs of a run's pods, as far as they are on this machine, read while they are written. */
import { pause } from '../../common/pause.ts';
import { readLog, type LogEntry, type PodFolder, type ReadLogOptions, type RunKey } from '../../logs/index.ts';
import type { Output } from '../terminal/output.ts';
import type { LogFolders } from './folders.ts';
import { gapText, labelOf, unreadableText } from './printer.ts';
import type { PodTask } from '../history/pod-events.ts';
import { mainContainerName } from '../../contract/defaults.ts';

/** A pod's log is looked at this often where nothing tells of a change; the files are few, but there may be a hundred pods. */
const POLL_MS = 200;
/** So often the run is looked at for pods that are new, likewise; and for its first one. */
const LOOK_EVERY_MS = 500;
const FIRST_LOOK_EVERY_MS = 50;
/** From a pod's first folder to its first line. */
const FOLDERS_MADE_MS = 10;

/** For less than everything, or in another way. */
export interface TailOptions {
  /** Asked again until it says yes. */
  readonly accepts?: (pod: PodFolder) => boolean;
  readonly read?: (pod: PodFolder, options: ReadLogOptions) => AsyncIterable<LogEntry>;
  readonly print?: (pod: Pick<PodTask, 'activityId' | 'task' | 'main'>, entry: LogEntry) => void | Promise<void>;
}

interface Tail {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class LogTails {
  readonly #folders: LogFolders;
  readonly #run: RunKey;
  readonly #tasks: ReadonlyMap<string, PodTask>;
  readonly #output: Output;
  readonly #options: TailOptions;
  /** By the uid of the pod. */
  readonly #tails = new Map<string, Tail>();

  /** @param tasks by activityId; filled from outside as the tasks become known */
  constructor(
    folders: LogFolders,
    run: RunKey,
    tasks: ReadonlyMap<string, PodTask>,
    output: Output,
    options: TailOptions = {},
  ) {
    this.#folders = folders;
    this.#run = run;
    this.#tasks = tasks;
    this.#output = output;
    this.#options = options;
  }

  /** Follows every pod that comes, until the signal fires. */
  async keepLooking(signal: AbortSignal): Promise<void> {
    const changes = this.#folders.changesOf(this.#run);
    try {
      for (; !signal.aborted; await pause(FOLDERS_MADE_MS, signal)) {
        await this.look();
        await changes.wait(changes.isWatched ? LOOK_EVERY_MS : FIRST_LOOK_EVERY_MS, signal);
      }
    } finally {
      changes.close();
    }
  }

  /** Begins to follow the pods that are new. */
  async look(): Promise<void> {
    for (const pod of await this.#folders.of(this.#run)) {
      if (this.#tails.has(pod.uid) || this.#options.accepts?.(pod) === false) continue;
      const stop = new AbortController();
      this.#tails.set(pod.uid, { stop, ended: this.#follow(pod, stop.signal) });
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

  /** For a reader who leaves: waits for nothing more. */
  stop(): void {
    for (const { stop } of this.#tails.values()) stop.abort();
  }

  /** For a run that has closed: prints all that there is. */
  async finishAll(): Promise<void> {
    await this.look();
    this.stop();
    await Promise.all([...this.#tails.values()].map(({ ended }) => ended));
  }

  async #follow(pod: PodFolder, follow: AbortSignal): Promise<void> {
    const { activityId, folder } = pod;
    const unknown = { activityId, task: activityId.replace(/-\d+$/, ''), main: mainContainerName() };
    const task = () => this.#tasks.get(activityId) ?? unknown;
    const { read = () => readLog(folder, options), print = this.#print } = this.#options;
    const options = { follow, pollMs: POLL_MS };
    try {
      for await (const entry of read(pod, options)) await print(task(), entry);
    } catch (error) {
      this.#output.state(task().task, unreadableText(error));
    }
  }

  readonly #print: NonNullable<TailOptions['print']> = (pod, { container, kind, bytes }) => {
    const label = labelOf(pod, container);
    if (kind === 'gap') this.#output.gap(label, gapText(bytes));
    else this.#output.log(label, bytes);
  };
}
