import { setTimeout } from 'node:timers/promises';
import { listNames } from './folders.ts';
import type { DroppedNote } from './ledger.ts';
import { shownBytes } from './record.ts';
import { SegmentChain } from './segment-chain.ts';
import { parseSegmentName } from './segment-file.ts';
import type { Entry } from './segment-format.ts';

export interface LogEntry {
  readonly container: string;
  readonly timestamp: string;
  /**
   * `partial`: no newline at its end. `gap`: lines are missing here; `bytes` is JSON with `reason` (`rotated`, `unread`, or
   * `dropped`: left out by `logs.maxBytes`) and `message`.
   */
  readonly kind: 'line' | 'partial' | 'gap';
  /** A line that was cut says so at its end. */
  readonly bytes: Buffer;
}

export interface ReadLogOptions {
  /** Waits for more until this is aborted, then reads what is there and ends. Without it: what is there now. */
  readonly follow?: AbortSignal;
  /** Only these. Default: all. */
  readonly containers?: readonly string[];
  readonly pollMs?: number;
}

type Stored = Extract<Entry, { kind: 'record' | 'gap' | 'dropped' }>;

/** One start of one container. */
interface Stream {
  readonly container: string;
  readonly restart: number;
  readonly chain: SegmentChain;
  entries: Stored[];
  next: number;
  /** Nothing more when it was looked at last. */
  idle: boolean;
  /** What was left out, as far as it is told. */
  dropped?: Extract<Entry, { kind: 'dropped' }>;
  /** Lines are missing behind the place from which on they were left out: the count is too small. */
  uncounted: boolean;
}

/** Reads a pod's log back: every container in its own order, and several of them by time. */
export async function* readLog(folder: string, options: ReadLogOptions = {}): AsyncGenerator<LogEntry> {
  const { follow, containers, pollMs = 100 } = options;
  const streams = new Map<string, Stream>();
  for (;;) {
    const last = follow?.aborted ?? true;
    await discover(folder, streams, containers);
    wakeAll(streams);
    for (let stream = await earliest(streams); stream; stream = await earliest(streams)) {
      const shown = take(stream);
      if (shown) yield shown;
    }
    if (last) break;
    await setTimeout(pollMs, undefined, { signal: follow }).catch(() => undefined);
  }
  for (const stream of streams.values()) if (stream.dropped) yield droppedEntry(stream, stream.dropped);
}

/** The stream's next entry, if it is one to show: of what was left out, only the place where that began. */
function take(stream: Stream): LogEntry | undefined {
  const entry = stream.entries[stream.next++];
  if (entry?.kind !== 'dropped') {
    if (entry?.kind === 'gap' && stream.dropped) stream.uncounted = true;
    return entry && toLogEntry(stream.container, entry);
  }
  const { container, dropped } = stream;
  stream.dropped = entry;
  if (dropped) return undefined;
  const message = 'logs.maxBytes is reached: nothing more of this log is kept';
  return { container, timestamp: entry.timestamp, kind: 'gap', bytes: gapBytes('dropped', message) };
}

function droppedEntry({ container, uncounted }: Stream, { timestamp, note }: { timestamp: string; note: DroppedNote }) {
  const message = `dropped by logs.maxBytes: ${uncounted ? 'at least ' : ''}${note.lines} lines, ${note.bytes} bytes`;
  return { container, timestamp, kind: 'gap' as const, bytes: gapBytes('dropped', message) };
}

const gapBytes = (reason: string, message: string) => Buffer.from(JSON.stringify({ reason, message }));

async function discover(folder: string, streams: Map<string, Stream>, containers?: readonly string[]): Promise<void> {
  for (const name of await listNames(folder)) {
    const parsed = parseSegmentName(name);
    if (!parsed || (containers && !containers.includes(parsed.container))) continue;
    const { container, restart, segment } = parsed;
    const key = `${container}.${restart}`;
    // Names are sorted: the first one is the first segment.
    if (streams.has(key)) continue;
    const chain = new SegmentChain(folder, { container, restart }, segment);
    streams.set(key, { container, restart, chain, entries: [], next: 0, idle: false, uncounted: false });
  }
}

/** The stream whose next entry is the oldest; a container's second start waits for the first. */
async function earliest(streams: ReadonlyMap<string, Stream>): Promise<Stream | undefined> {
  const heads = new Map<string, Stream>();
  for (const stream of streams.values()) {
    const head = heads.get(stream.container);
    if (head && head.restart < stream.restart) continue;
    if (stream.next < stream.entries.length || (await refill(stream, streams))) heads.set(stream.container, stream);
  }
  let first: Stream | undefined;
  for (const head of heads.values()) if (!first || timeOf(head) < timeOf(first)) first = head;
  return first;
}

/** Looks at the others again after each block, not after each line. */
async function refill(stream: Stream, streams: ReadonlyMap<string, Stream>): Promise<boolean> {
  if (stream.idle) return false;
  stream.next = 0;
  stream.entries = [];
  while (stream.entries.length === 0) {
    const entries = await stream.chain.read();
    if (!entries) {
      stream.idle = true;
      return false;
    }
    stream.entries = entries.filter((entry): entry is Stored => entry.kind !== 'header' && entry.kind !== 'end');
  }
  wakeAll(streams);
  return true;
}

function wakeAll(streams: ReadonlyMap<string, Stream>): void {
  for (const stream of streams.values()) stream.idle = false;
}

const timeOf = ({ entries, next }: Stream): bigint => entries[next]?.ns ?? 0n;

function toLogEntry(container: string, entry: Exclude<Stored, { kind: 'dropped' }>): LogEntry {
  const { timestamp } = entry;
  if (entry.kind === 'gap') return { container, timestamp, kind: 'gap', bytes: Buffer.from(JSON.stringify(entry.gap)) };
  return { container, timestamp, kind: entry.newline ? 'line' : 'partial', bytes: shownBytes(entry) };
}
