/** The log of one start of one container: follows it, ends it, and says what it holds. */
import { log } from '@temporalio/activity';
import { ClusterError } from '../kubernetes/cluster-error.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { CallbackLine, LogOptions, PodRef } from '../contract/index.ts';
import { inTime } from '../common/in-time.ts';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { Backoff, type BackoffPolicy } from '../common/retry.ts';
import {
  fileSegments,
  follow,
  Lines,
  LogStoreError,
  type ContainerState,
  type Follower,
  type LogCounters,
  type OpenLogOptions,
  type Segment,
} from '../logs/index.ts';
import {
  isRestartedNext,
  mayRestart,
  stateOfStart,
  type ContainerStart,
  type StartState,
} from '../pod/container-starts.ts';
import type { PodWatcher } from '../kubernetes/pod-watcher.ts';

/** After a clean end of a stream, how long the pod's status is given to tell that the container has ended. */
const STATUS_WITHIN_MS = 5_000;
const LOOK_MS = 2_000;
/** How long the storage may take to open a log: to read, too, what earlier attempts have stored. */
const OPEN_MS = 60_000;
/** So often the end of a log is taken back from another attempt. */
const TAKE_BACK = 3;
/** How soon a storage that refused is tried again while the container runs. */
const OPEN_AGAIN = { firstMs: 5_000, mostMs: 60_000 };

/** What a log has to know of its pod. */
export type Watched = Pick<PodWatcher, 'latest' | 'gone' | 'change' | 'refresh' | 'doubt'>;

export interface ContainerLogOptions {
  cluster: Cluster;
  ref: PodRef;
  folder: string;
  watcher: Watched;
  limits: Pick<LogOptions, 'maxBytes' | 'maxLineBytes' | 'tailBytes'>;
  /** Default 60 s. */
  openMs?: number;
  /** Default 5 s at first, later every minute. */
  openAgain?: BackoffPolicy;
  /** Whether this attempt may take the log back from another one that has taken it: that one may be a stale one. Default: it may. */
  mayWrite?: () => Promise<boolean>;
  /** Called with every line that was stored. */
  show?: ((line: CallbackLine) => void) | undefined;
}

export class ContainerLog {
  readonly start: ContainerStart;
  readonly #options: ContainerLogOptions;
  readonly #lines: Lines | undefined;
  /** Undefined when the storage refused, and when it is over. */
  #follower: Promise<Follower | undefined>;
  #known: Pick<Follower, 'counters' | 'tail'> | undefined;
  #ending: Promise<void> | undefined;
  #stopped = false;
  /** Another attempt writes the log now. */
  #isSuperseded = false;
  /** Ends the tries to open a storage that refuses. */
  readonly #over = new AbortController();
  /** How many that follow were opened. */
  #streams = 0;
  /** Why the storage has not all of it. */
  #storageError: unknown;
  /** Lines are missing, and the stored log has no mark of it. */
  #hasUnmarkedGap = false;

  constructor(start: ContainerStart, options: ContainerLogOptions) {
    this.start = start;
    this.#options = options;
    this.#lines = options.show && new Lines(start.container, options.show);
    this.#follower = this.#open(options.openMs ?? OPEN_MS);
    void this.#openAgain();
  }

  get counters(): LogCounters {
    const { gaps, ...counters } = this.#known?.counters ?? { lines: 0, bytes: 0, gaps: 0 };
    return { ...counters, gaps: gaps + (this.#hasUnmarkedGap ? 1 : 0) };
  }

  /** Why the storage has not all of a drained log: the system's own words. */
  get refusal(): string | undefined {
    const error = this.#storageError;
    if (error === undefined) return undefined;
    // The path that comes before the cause is long, and known.
    return messageOf(error instanceof LogStoreError ? (error.cause ?? error) : error);
  }

  get tail(): string {
    return this.#known?.tail ?? '';
  }

  get state(): StartState {
    return stateOfStart(this.#options.watcher.latest, this.start);
  }

  /** Resolves when a stream is open to catch the last lines, or cannot be. */
  opened(limitMs: number): Promise<void> {
    return this.#do((follower) => follower.opened(limitMs));
  }

  /** For one that has ended: reads it to its end. `open`: in a pod that is being deleted, or while it still runs. */
  drain(limitMs: number, { open = false } = {}): Promise<void> {
    return (this.#ending ??= this.#drain(limitMs, open));
  }

  /** A drain that is under way takes no longer than this. */
  hurry(limitMs: number): void {
    void this.#do(async (follower) => follower.hurry(limitMs));
  }

  /** Lets go at once; what is not stored yet is read again by the next attempt. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#over.abort();
    return this.#do((follower) => follower.stop());
  }

  /** The storage may have room again long before the container ends, and whoever looks wants its lines now. */
  async #openAgain(): Promise<void> {
    const { openMs = OPEN_MS, openAgain = OPEN_AGAIN } = this.#options;
    const backoff = new Backoff(openAgain);
    while (!(await this.#follower) && !this.#over.signal.aborted) {
      await pause(backoff.next(), this.#over.signal);
      if (!this.#over.signal.aborted) this.#follower = this.#open(openMs);
    }
  }

  /** An attempt that was cut off for a while comes back and takes the log, before it is told that another one is at work. */
  async #takeBack(): Promise<void> {
    if (!(await this.#mayWrite()) || this.#stopped || this.#ending) return;
    await this.#do((follower) => follower.stop());
    this.#follower = this.#open(this.#options.openMs ?? OPEN_MS);
  }

  /** No answer: the next thing to be recorded waits for one, and the drain asks again. */
  async #mayWrite(): Promise<boolean> {
    const { mayWrite } = this.#options;
    return mayWrite === undefined || mayWrite().catch(() => false);
  }

  async #drain(limitMs: number, open: boolean): Promise<void> {
    this.#over.abort();
    for (let left = TAKE_BACK; ; left--) {
      // The storage may have become usable.
      if (!(await this.#follower) && !this.#stopped) this.#follower = this.#open(limitMs);
      await this.#do((follower) => (open ? follower.drainOpen(limitMs) : follower.drain(limitMs)));
      if (!this.#isSuperseded || left === 0 || this.#stopped || !(await this.#mayWrite())) break;
      this.#follower = this.#open(limitMs);
    }
    if (this.#stopped) return;
    this.#storageError ??= (await this.#follower)?.refusal;
    this.#lines?.end();
    // A sidecar may start hundreds of times: of what is over, the figures and the last lines are kept.
    if (this.#known) this.#known = { counters: this.#known.counters, tail: this.#known.tail };
    this.#follower = Promise.resolve(undefined);
  }

  /** A log that cannot be kept is told, and never keeps a pod from its end. */
  async #do(work: (follower: Follower) => Promise<unknown>): Promise<void> {
    const follower = await this.#follower;
    if (!follower) return;
    await work(follower).catch((error: unknown) => this.#stopped || this.#giveUp(error));
  }

  #giveUp(error: unknown): void {
    const before = this.refusal;
    this.#storageError = error;
    this.#hasUnmarkedGap = true;
    if (this.refusal === before) return;
    log.error(`the log of container ${this.start.container} is incomplete: ${messageOf(error)}`);
  }

  async #open(limitMs: number): Promise<Follower | undefined> {
    const { folder, limits, watcher } = this.#options;
    const { container, restart } = this.start;
    try {
      const opening = fileSegments(folder, limits).openSegment(container, restart);
      const segment = await inTime(limitMs, opening).catch((error: unknown) => {
        void opening.then((late) => late.close()).catch(() => undefined);
        throw error;
      });
      const own = this.#noticing(segment);
      const follower = follow({ openLog: (options) => this.#openLog(options) }, own, {
        state: () => this.#stateNow(),
        maxLineBytes: limits.maxLineBytes,
        ...(this.#lines && { onRecords: (records) => this.#lines?.add(records) }),
        ...(mayRestart(watcher.latest, container) && { afterEnd: (signal) => this.#afterEnd(signal) }),
      });
      this.#known = follower;
      this.#storageError = undefined;
      this.#hasUnmarkedGap = false;
      this.#isSuperseded = false;
      if (this.state === 'running' || this.state === 'ended') follower.start();
      return follower;
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  /** The same segment; that it was taken over is noticed here, whatever was to be written. */
  #noticing(segment: Segment): Segment {
    const notice = (error: unknown): never => {
      if (error instanceof LogStoreError && error.kind === 'superseded' && !this.#isSuperseded) {
        this.#isSuperseded = true;
        void this.#takeBack();
      }
      throw error;
    };
    return {
      get logState() {
        return segment.logState;
      },
      append: (records) => segment.append(records).catch(notice),
      addGap: (gap) => segment.addGap(gap).catch(notice),
      end: () => segment.end().catch(notice),
      close: () => segment.close(),
    };
  }

  /** The API takes no number of a start, so what is asked for depends on what the pod's status says. */
  async #openLog(options: OpenLogOptions): Promise<AsyncIterable<Uint8Array>> {
    const { cluster, ref, watcher } = this.#options;
    const { container } = this.start;
    const { state } = this;
    // The stream before ended: so may have the container, and the watch not have told.
    if (options.follow && this.#streams++ > 0 && state === 'running') watcher.doubt();
    // Kubernetes finds a log by the pod's name: it could be another pod's by now.
    if (watcher.gone) throw gone(`pod ${ref.namespace}/${ref.name} is there no more`);
    if (state === 'lost') throw gone(`container ${container} was started again twice before it was read`);
    const chunks = await cluster.openLog(ref, container, { ...options, previous: state === 'previous' });
    return state === 'ended' && isRestartedNext(watcher.latest, container) ? this.#unlessRestarted(chunks) : chunks;
  }

  /** What is served may be the log of the next start already; so the pod is asked after the first bytes have come. */
  async *#unlessRestarted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let checked = false;
    for await (const chunk of chunks) {
      if (!checked) await this.#mustBeLast();
      checked = true;
      yield chunk;
    }
    if (!checked) await this.#mustBeLast();
  }

  async #mustBeLast(): Promise<void> {
    const { cluster, ref } = this.#options;
    const pod = await cluster.readPod(ref.namespace, ref.name);
    if (pod && pod.metadata?.uid === ref.uid && stateOfStart(pod, this.start) === 'ended') return;
    throw new ClusterError(`container ${this.start.container} was started again meanwhile`, { kind: 'transient' });
  }

  /**
   * A stream that was opened now could be that of the next start, and its lines would be taken for lines of this one: so the pod's
   * status is given time to tell.
   */
  async #afterEnd(signal: AbortSignal): Promise<void> {
    const { watcher } = this.#options;
    for (let end = Date.now() + STATUS_WITHIN_MS; this.state === 'running' && Date.now() < end && !signal.aborted;)
      await watcher.change(end - Date.now(), signal);
    if (this.state === 'running' && !signal.aborted) await watcher.refresh(LOOK_MS);
  }

  #stateNow(): ContainerState {
    const { state } = this;
    if (this.#options.watcher.gone || state === 'lost') return 'gone';
    return state === 'running' ? 'running' : 'terminated';
  }
}

const gone = (message: string) => new ClusterError(message, { kind: 'notFound' });
