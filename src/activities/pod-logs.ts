/** The logs of one pod: one follower per start of a container, init containers and sidecars included, all at once. */
import { log } from '@temporalio/activity';
import type { CallbackLine, LogSummary, PodRecord, PodRef, PodSpec } from '../contract/index.ts';
import { mostLogBytes } from '../policy/index.ts';
import type { Attempt } from './attempt.ts';
import type { PodDependencies } from './dependencies.ts';
import { refOf } from '../pod/identity.ts';
import { ContainerLog, type Watched } from './container-log.ts';
import { folderUri, logFolder, sanitise, storedStreams, type PodKey } from '../logs/index.ts';
import { containerStarts, type ContainerStart } from '../pod/container-starts.ts';
import { isGated } from '../pod/identity.ts';
import { containerStatuses } from '../pod/status.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';
import { COLLECTOR } from '../pod/collector.ts';
import type { Waits } from './waits.ts';

/** How long the rest of the log of an earlier start is asked for, beside a pod that goes on. */
const EARLIER_MS = 60_000;
/** And when the pod's end waits for it. */
const EARLIER_AT_END_MS = 5_000;

/** How long the storage may take to say what it has, of a pod that is gone. */
const STORE_MS = 10_000;

/** Of a pod that nobody has seen, since it is gone. */
const GONE: Watched = {
  latest: {},
  gone: true,
  change: () => Promise.resolve(),
  refresh: () => Promise.resolve(true),
  doubt: () => undefined,
};

/** Whose logs: those of an attempt's pod, or of one that its activity left behind. */
export type LogsOf = Pick<Attempt, 'cluster' | 'context' | 'throwIfInterrupted'> & {
  readonly key: Omit<PodKey, 'uid'>;
  readonly spec: Pick<PodSpec, 'logs'>;
  readonly recorder: { readonly state: Pick<PodRecord, 'pod'> };
  /** The container that the outcome is about, unless it is about another one. */
  readonly main?: string;
  readonly waits: Pick<Waits, 'lastWord'>;
  /** See `ContainerLogOptions`. */
  readonly mayWrite?: () => Promise<boolean>;
  /** Without them the lines are stored, and told to nobody. */
  readonly callbacks?: Attempt['callbacks'];
};

export class PodLogs {
  readonly #attempt: LogsOf;
  readonly #root: string;
  readonly #maxBytes: number;
  readonly #logs = new Map<string, ContainerLog>();
  readonly #show: ((line: CallbackLine) => void) | undefined;
  #checkedNames = false;

  constructor(attempt: LogsOf, { logRoot, policy }: Pick<PodDependencies, 'logRoot' | 'policy'>) {
    this.#attempt = attempt;
    this.#root = logRoot;
    this.#maxBytes = mostLogBytes(attempt.spec, policy);
    this.#show = lineSink(attempt);
  }

  /** Takes note of the pod's state, and follows every container that has started and whose log is wanted. */
  follow(watcher: PodWatcher): void {
    const pod = watcher.latest;
    for (const start of containerStarts(pod)) this.#add(start, refOf(pod), watcher);
    for (const one of this.#earlier()) void one.drain(EARLIER_MS);
    this.#warnOfUnknownNames(watcher);
  }

  /**
   * For a pod whose main container has ended: reads what has ended to its end, at most for `limitMs`.
   * @throws CancelledFailure when the worker is told to stop meanwhile: the next attempt reads on
   */
  drain(watcher: PodWatcher, limitMs: number): Promise<void> {
    const drained = this.#drain(watcher, limitMs);
    // The reader of a result awaits it later.
    drained.catch(() => undefined);
    return drained;
  }

  async #drain(watcher: PodWatcher, limitMs: number): Promise<void> {
    this.follow(watcher);
    const ended = [...this.#logs.values()].filter(({ state }) => state !== 'running');
    for (const one of this.#earlier()) one.hurry(EARLIER_AT_END_MS);
    const { context } = this.#attempt;
    let left = false;
    const leave = () => {
      if (!context.cancellationDetails?.workerShutdown) return;
      left = true;
      for (const one of ended) void one.stop();
    };
    context.cancellationSignal.addEventListener('abort', leave);
    leave();
    const open = watcher.latest.metadata?.deletionTimestamp !== undefined;
    await Promise.all(ended.map((one) => one.drain(limitMs, { open })));
    context.cancellationSignal.removeEventListener('abort', leave);
    if (left) await this.#attempt.throwIfInterrupted();
  }

  /** For a pod that is about to be deleted: resolves when streams are open to catch the last lines, or cannot be. */
  async opened(limitMs: number): Promise<void> {
    await this.#each((one) => one.opened(limitMs));
  }

  /**
   * For a pod that is being deleted while it runs: reads to the end of its containers, at most for `limitMs`. One that is being
   * created starts all the same, and runs its whole grace: so new ones are followed until the deletion is `over`.
   *
   * @param removal.isGone whether the deletion has seen it gone: the watcher may not have an answer yet
   */
  async drainOpen(
    watcher: PodWatcher,
    limitMs: number,
    { over, isGone }: { over: AbortSignal; isGone: () => boolean },
  ): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      this.follow(watcher);
      const drained = this.#each((one) => one.drain(end - Date.now(), { open: true }));
      if (over.aborted || watcher.gone) {
        await drained;
        break;
      }
      await watcher.change(limitMs, over);
    }
    if (!mayHaveStarted(watcher)) return;
    const { lastWord } = this.#attempt.waits;
    await watcher.refresh(lastWord);
    if (!watcher.gone && !isGone()) return;
    // The last word of the watch tells what started and ended since.
    const late = AbortSignal.timeout(lastWord);
    while (!watcher.hasLastWord && !late.aborted) await watcher.change(lastWord, late);
    if (!watcher.hasLastWord) return this.closeStored();
    this.follow(watcher);
    await this.#each((one) => one.drain(lastWord, { open: true }));
  }

  /**
   * For a pod that was gone before its logs were looked at: what is stored of them counts, and one that was not read to its
   * end says so.
   */
  async closeStored(): Promise<void> {
    const { recorder, main } = this.#attempt;
    const { pod } = recorder.state;
    if (!pod) return;
    // A storage that cannot be read says so when the log of the main container is opened.
    const stored = await storedStreams(this.#folder(pod.uid)).catch(() => []);
    const isMainStored = main === undefined || stored.some(({ container }) => container === main);
    const starts = isMainStored ? stored : [...stored, { container: main, restart: 0 }];
    for (const start of starts) this.#add(start, pod, GONE);
    await this.#each((one) => one.drain(STORE_MS));
  }

  /** Logs that were drained, and that the storage would not take to their end: which, up to where, and why. */
  get problems(): string[] {
    return [...this.#logs.values()].flatMap(({ start, refusal, counters }) =>
      refusal === undefined
        ? []
        : [`log of container ${start.container}: ${lastStored(counters.lines)} could be stored: ${refusal}`],
    );
  }

  /** Why the storage has not all of this container's log; undefined when it has, as far as anybody can tell. */
  refusalOf(container: string): string | undefined {
    return [...this.#logs.values()].find(({ start, refusal }) => start.container === container && refusal)?.refusal;
  }

  /** With the last lines of the container that the outcome is about; default: the main one. */
  summary(container = this.#attempt.main): LogSummary {
    const total = { lines: 0, bytes: 0, gaps: 0 };
    const dropped = { lines: 0, bytes: 0 };
    let last: ContainerLog | undefined;
    for (const logged of this.#logs.values()) {
      const { counters, start } = logged;
      total.lines += counters.lines;
      total.bytes += counters.bytes;
      total.gaps += counters.gaps;
      dropped.lines += counters.dropped?.lines ?? 0;
      dropped.bytes += counters.dropped?.bytes ?? 0;
      // Of a start that said nothing, the one before it.
      if (start.container === container && (logged.tail || !last)) last = logged;
    }
    const pod = this.#attempt.recorder.state.pod;
    return {
      uri: pod ? folderUri(this.#folder(pod.uid)) : '',
      ...total,
      ...(dropped.bytes > 0 && { dropped }),
      ...(this.problems.length > 0 && { unstored: true }),
      tail: last?.tail ?? '',
    };
  }

  /** Lets go at once; what is not stored yet is read again by the next attempt. */
  async stop(): Promise<void> {
    await this.#each((one) => one.stop());
  }

  async #each(work: (one: ContainerLog) => Promise<void>): Promise<void> {
    await Promise.all([...this.#logs.values()].map(work));
  }

  #add(start: ContainerStart, ref: PodRef, watcher: Watched): void {
    const key = `${start.container}.${start.restart}`;
    if (this.#logs.has(key) || !this.#isWanted(start.container)) return;
    const logged = new ContainerLog(start, {
      cluster: this.#attempt.cluster,
      ref,
      folder: this.#folder(ref.uid),
      watcher,
      limits: this.#limits(start.container),
      show: this.#show,
      ...(this.#attempt.mayWrite && { mayWrite: this.#attempt.mayWrite }),
    });
    this.#logs.set(key, logged);
  }

  /** Starts of containers that have been started again since. */
  #earlier(): ContainerLog[] {
    return [...this.#logs.values()].filter(({ state }) => state === 'previous' || state === 'lost');
  }

  #isWanted(container: string): boolean {
    const { containers = 'all' } = this.#attempt.spec.logs ?? {};
    return container !== COLLECTOR && (containers === 'all' || containers.includes(container));
  }

  /** What earlier starts have kept counts too: a sidecar that starts hundreds of times must not keep hundreds of times as much. */
  #limits(container: string) {
    const logs = this.#attempt.spec.logs ?? {};
    if (this.#maxBytes === Infinity) return logs;
    const earlier = [...this.#logs.values()].filter(({ start }) => start.container === container);
    const kept = earlier.reduce((sum, { counters }) => sum + counters.bytes, 0);
    return { ...logs, maxBytes: Math.max(0, this.#maxBytes - kept) };
  }

  #warnOfUnknownNames({ latest }: PodWatcher): void {
    const { containers = 'all' } = this.#attempt.spec.logs ?? {};
    const known = containerStatuses(latest).map(({ name }) => name);
    if (this.#checkedNames || containers === 'all' || known.length === 0) return;
    this.#checkedNames = true;
    const unknown = containers.filter((name) => !known.includes(name));
    if (unknown.length > 0)
      log.warn(`logs.containers: the pod has no container ${unknown.join(', ')}; it has ${known.join(', ')}`);
  }

  #folder(uid: string): string {
    const { workflowId, runId, activityId } = this.#attempt.key;
    return logFolder(this.#root, { workflowId, runId, activityId, uid });
  }
}

/** Undefined when nothing wants lines: then no line is made of the bytes at all. */
function lineSink({ spec, callbacks }: LogsOf): ((line: CallbackLine) => void) | undefined {
  if (!callbacks) return undefined;
  const print = spec.logs?.print ?? false;
  const tells = callbacks.wants('onLogLine');
  if (!print && !tells) return undefined;
  return (line) => {
    if (tells) callbacks.onLogLine(line);
    if (!print) return;
    // The worker's log leaves out what is of level debug; `logs.print` asks for all of a container's lines.
    const level = line.level === 'debug' ? 'info' : (line.level ?? 'info');
    const { container, level: said } = line;
    log[level](sanitise(callbacks.formatLine(line)), { container, ...(said === 'debug' && { level: said }) });
  };
}

/** Whether a container can have started since the pod was heard of last. One of which no container was told may have had a node since. */
function mayHaveStarted({ latest, hasLastWord }: PodWatcher): boolean {
  if (hasLastWord || isGated(latest)) return false;
  const statuses = containerStatuses(latest);
  const waits = ({ state, lastState }: (typeof statuses)[number]) =>
    !state?.running && !state?.terminated && !lastState?.terminated;
  return statuses.length === 0 || statuses.some(waits);
}

const lastStored = (lines: number) => (lines === 0 ? 'no line' : `line ${lines} is the last one that`);

/** This attempt's counters cover everything before it; an attempt that only cleaned up has none. */
export const fuller = (now: LogSummary, recorded: LogSummary): LogSummary =>
  now.lines >= recorded.lines ? now : recorded;
