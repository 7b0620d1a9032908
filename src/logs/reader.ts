import { FolderChanges } from './folder-changes.ts';
import { listNames } from './folders.ts';
import { shownBytes } from './record.ts';
import { SegmentChain } from './segment-chain.ts';
import { parseSegmentName, type StreamKey, type Entry } from './segment-format.ts';

export interface LogEntry {
  readonly container: string;
  readonly timestamp: string;
  /**
   * `partial`: no newline at its end. `gap`: lines are missing here; `bytes` is JSON with `reason` (`rotated`, `unread`, or
   * `dropped`: left out by `logs.maxBytes`) and `message`.
   */
  readonly kind: 'line' | 'partial' | 'gap';
  /** As they are shown: a line that was cut says so at its end. */
  readonly bytes: Buffer;
  /** So many bytes more of the line were not kept (`logs.maxLineBytes`). */
  readonly cut?: number;
}

export interface ReadLogOptions {
  /** Waits for more until this is aborted, then reads what is there and ends. Without it: what is there now. */
  readonly follow?: AbortSignal;
  /** Only these. Default: all. */
  readonly containers?: readonly string[];
  /** Between two looks where nothing tells of a change. Default: 100. */
  readonly pollMs?: number;
}

/** Reads a pod's log back: every container in its own order, and several of them by time. */
export async function* readLog(folder: string, options: ReadLogOptions = {}): AsyncGenerator<LogEntry> {
  const { follow, containers: wanted, pollMs = 100 } = options;
  const containers = new Map<string, StoredContainer>();
  const changes = new FolderChanges(folder);
  try {
    for (;;) {
      const last = follow?.aborted ?? true;
      await discover(folder, containers, wanted);
      for (const container of containers.values()) await container.lookAtAll();
      for (let next = earliest(containers); next; next = earliest(containers)) {
        const entry = next.take();
        if (entry) yield entry;
        // Looks at the others again after each block, not after each line.
        if (next.time === undefined && (await next.readOn()))
          for (const other of containers.values()) if (other.time === undefined) await other.lookAtNewest();
      }
      if (last) break;
      await changes.wait(pollMs, follow);
    }
  } finally {
    changes.close();
  }
  for (const container of containers.values()) yield* container.droppedInAll();
}

/** Whether there is a log of the container, but not from its beginning: another worker, with a storage of its own, wrote that. */
export async function isBeginningMissing(folder: string, container: string): Promise<boolean> {
  const own = (await listNames(folder)).map(parseSegmentName).filter((name) => name?.container === container);
  return own.length > 0 && !own.some((name) => name?.segment === 1);
}

async function discover(
  folder: string,
  containers: Map<string, StoredContainer>,
  wanted?: readonly string[],
): Promise<void> {
  for (const name of await listNames(folder)) {
    const parsed = parseSegmentName(name);
    if (!parsed || (wanted && !wanted.includes(parsed.container))) continue;
    const container = containers.get(parsed.container) ?? new StoredContainer(folder, parsed.container);
    containers.set(parsed.container, container);
    // Names are sorted: the first one is the first segment.
    container.add(parsed.restart, parsed.segment);
  }
}

/** The container whose next entry is the oldest. (A pod has few containers, whatever their starts and lines.) */
function earliest(containers: ReadonlyMap<string, StoredContainer>): StoredContainer | undefined {
  let first: StoredContainer | undefined;
  for (const container of containers.values())
    if (container.time !== undefined && (first?.time === undefined || container.time < first.time)) first = container;
  return first;
}

/** The stored log of one container: its starts one after the other. One of them is read at a time. */
class StoredContainer {
  readonly #folder: string;
  readonly #container: string;
  readonly #starts = new Map<number, StoredStart>();
  /** Those whose end was not read yet, in their order, and the place of the one that is being read. */
  #open: StoredStart[] = [];
  #at = 0;

  constructor(folder: string, container: string) {
    this.#folder = folder;
    this.#container = container;
  }

  add(restart: number, firstSegment: number): void {
    if (this.#starts.has(restart)) return;
    const start = new StoredStart(this.#folder, { container: this.#container, restart }, firstSegment);
    this.#starts.set(restart, start);
    this.#open.push(start);
  }

  /** Of the next entry; undefined when there is none for now. */
  get time(): bigint | undefined {
    return this.#open[this.#at]?.time;
  }

  /** The next entry, if it is one to show. */
  take(): LogEntry | undefined {
    return this.#open[this.#at]?.take();
  }

  /** Looks for more from the first start on that can have more. Nothing read before may be left. */
  async lookAtAll(): Promise<void> {
    this.#open = this.#open.filter(({ ended }) => !ended).sort((a, b) => a.restart - b.restart);
    this.#at = 0;
    await this.readOn();
  }

  /** The same for the newest start only: the others hardly ever get longer. */
  async lookAtNewest(): Promise<void> {
    this.#at = Math.max(0, this.#open.length - 1);
    await this.readOn();
  }

  /** Reads the next block, if need be of the next start. */
  async readOn(): Promise<boolean> {
    for (; this.#at < this.#open.length; this.#at += 1) if (await this.#open[this.#at]?.readOn()) return true;
    return false;
  }

  *droppedInAll(): Generator<LogEntry> {
    for (const start of this.#starts.values()) {
      const entry = start.droppedInAll();
      if (entry) yield entry;
    }
  }
}

type Stored = Extract<Entry, { kind: 'record' | 'gap' | 'dropped' }>;

/** The stored log of one start of a container. */
class StoredStart {
  readonly restart: number;
  /** The container's end was read: no writer adds anything. */
  ended = false;
  readonly #container: string;
  readonly #chain: SegmentChain;
  #entries: Stored[] = [];
  #next = 0;
  /** What was left out, as far as it is told. */
  #dropped: Extract<Entry, { kind: 'dropped' }> | undefined;
  /** Lines are missing behind the place from which on they were left out: the count is too small. */
  #uncounted = false;

  constructor(folder: string, key: StreamKey, firstSegment: number) {
    this.restart = key.restart;
    this.#container = key.container;
    this.#chain = new SegmentChain(folder, key, firstSegment);
  }

  get time(): bigint | undefined {
    return this.#entries[this.#next]?.ns;
  }

  /** Reads the next block that has an entry; false when there is none for now. */
  async readOn(): Promise<boolean> {
    this.#next = 0;
    this.#entries = [];
    while (this.#entries.length === 0) {
      const entries = this.ended ? undefined : await this.#chain.read();
      if (!entries) return false;
      this.#entries = entries.filter((entry): entry is Stored => entry.kind !== 'header' && entry.kind !== 'end');
      this.ended = entries.at(-1)?.kind === 'end';
    }
    return true;
  }

  /** Of what was left out, only the place where that began is shown. */
  take(): LogEntry | undefined {
    const entry = this.#entries[this.#next++];
    if (entry?.kind !== 'dropped') {
      if (entry?.kind === 'gap' && this.#dropped) this.#uncounted = true;
      return entry && toLogEntry(this.#container, entry);
    }
    const isFirst = !this.#dropped;
    this.#dropped = entry;
    const message = "logs.maxBytes, or the policy's maxLogBytes, is reached: nothing more of this log is kept";
    return isFirst ? this.#droppedEntry(entry, message) : undefined;
  }

  droppedInAll(): LogEntry | undefined {
    if (!this.#dropped) return undefined;
    const { lines, bytes } = this.#dropped.note;
    const least = this.#uncounted ? 'at least ' : '';
    return this.#droppedEntry(
      this.#dropped,
      `dropped by logs.maxBytes or maxLogBytes: ${least}${lines} lines, ${bytes} bytes`,
    );
  }

  #droppedEntry({ timestamp }: Stored, message: string): LogEntry {
    return { container: this.#container, timestamp, kind: 'gap', bytes: gapBytes({ reason: 'dropped', message }) };
  }
}

function toLogEntry(container: string, entry: Exclude<Stored, { kind: 'dropped' }>): LogEntry {
  const { timestamp } = entry;
  if (entry.kind === 'gap') return { container, timestamp, kind: 'gap', bytes: gapBytes(entry.gap) };
  const kind = entry.newline ? 'line' : 'partial';
  return { container, timestamp, kind, bytes: shownBytes(entry), ...(entry.cut && { cut: entry.cut }) };
}

const gapBytes = (gap: { readonly reason: string; readonly message: string }) => Buffer.from(JSON.stringify(gap));
