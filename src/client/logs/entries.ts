/** The log of one pod, as far as it is on this machine, and of that what was asked for. */
import { parseTimestamp, readLog, type LogEntry, type ReadLogOptions } from '../../logs/index.ts';
import type { LogOptions } from './selection.ts';

type Wanted = Pick<LogOptions, 'containers' | 'since' | 'tail'>;

/** How many entries of each container there were. */
export type Seen = Map<string, number>;

/** What is there now. @param seen is filled with all that was there, also what was not asked for */
export async function* entriesNow(folder: string, wanted: Wanted, seen: Seen): AsyncGenerator<LogEntry> {
  const entries = chosen(counted(readLog(folder), seen), wanted);
  yield* wanted.tail === undefined ? entries : await lastOf(entries, wanted.tail);
}

/** What comes after that. */
export async function* entriesAfter(
  folder: string,
  wanted: Pick<Wanted, 'containers' | 'since'>,
  { seen, ...options }: ReadLogOptions & { readonly seen: Seen },
): AsyncGenerator<LogEntry> {
  const passed: Seen = new Map();
  for await (const entry of chosen(counted(readLog(folder, options), passed), wanted))
    if ((passed.get(entry.container) ?? 0) > (seen.get(entry.container) ?? 0)) yield entry;
}

export const nsOf = ({ timestamp }: Pick<LogEntry, 'timestamp'>): bigint => parseTimestamp(timestamp) ?? 0n;

async function* counted(entries: AsyncIterable<LogEntry>, seen: Seen): AsyncGenerator<LogEntry> {
  for await (const entry of entries) {
    seen.set(entry.container, (seen.get(entry.container) ?? 0) + 1);
    yield entry;
  }
}

async function* chosen(
  entries: AsyncIterable<LogEntry>,
  { containers, since }: Pick<Wanted, 'containers' | 'since'>,
): AsyncGenerator<LogEntry> {
  const from = since === undefined ? undefined : BigInt(since) * 1_000_000n;
  for await (const entry of entries) {
    if (containers.length > 0 && !containers.includes(entry.container)) continue;
    if (from === undefined || nsOf(entry) >= from) yield entry;
  }
}

/** The last lines of each container, in the order in which they came. */
async function lastOf(entries: AsyncIterable<LogEntry>, count: number): Promise<LogEntry[]> {
  const kept = new Map<string, { at: number; entry: LogEntry }[]>();
  let at = 0;
  for await (const entry of entries) {
    const ring = kept.get(entry.container) ?? [];
    kept.set(entry.container, ring);
    ring.push({ at: at++, entry });
    if (ring.length >= 2 * count + 1) ring.splice(0, ring.length - count);
  }
  return [...kept.values()]
    .flatMap((ring) => ring.slice(Math.max(0, ring.length - count)))
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}

/** Several streams, each in its own order, as one in the order of time. */

interface Head<T> {
  readonly stream: AsyncIterator<T>;
  readonly value: T;
  readonly time: bigint;
}

/** Holds one entry of each. Of two of the same time the earlier stream's goes first. */
export async function* byTime<T>(
  streams: readonly AsyncIterable<T>[],
  timeOf: (value: T) => bigint,
): AsyncGenerator<T> {
  const next = async (stream: AsyncIterator<T>): Promise<Head<T> | undefined> => {
    const next = await stream.next();
    return next.done ? undefined : { stream, value: next.value, time: timeOf(next.value) };
  };
  const heads: (Head<T> | undefined)[] = [];
  for (const stream of streams) heads.push(await next(stream[Symbol.asyncIterator]()));
  for (;;) {
    let first: number | undefined;
    for (const [at, head] of heads.entries())
      if (head && (first === undefined || head.time < (heads[first]?.time ?? 0n))) first = at;
    const head = first === undefined ? undefined : heads[first];
    if (first === undefined || !head) return;
    yield head.value;
    heads[first] = await next(head.stream);
  }
}
