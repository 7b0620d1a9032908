import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FollowLimits } from '../../src/logs/follow-options.ts';
import { readLog, type LogEntry } from '../../src/logs/reader.ts';
import { Splitter, type LogRecord } from '../../src/logs/record.ts';

/** Small enough for tests; a whole log is never small enough to be read without `sinceTime`. */
export const limits: Partial<FollowLimits> = {
  wholeBelowBytes: 0,
  searchIdleMs: 20,
  catchUpMs: 5,
  lastReadMs: 50,
  backoff: { firstMs: 1, mostMs: 4 },
};

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'logs-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** `kind timestamp text`, with the bytes as they are. */
export const show = ({ kind, timestamp, bytes }: Pick<LogEntry, 'kind' | 'timestamp' | 'bytes'>): string =>
  `${kind} ${timestamp} ${bytes.toString('latin1')}`;

export async function readAll(folder: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of readLog(folder)) entries.push(entry);
  return entries;
}

/** The texts of a stored log; a gap is `<reason>`. */
export async function texts(folder: string): Promise<string[]> {
  const entries = await readAll(folder);
  return entries.map(({ kind, bytes }) =>
    kind === 'gap' ? `<${(JSON.parse(bytes.toString()) as { reason: string }).reason}>` : bytes.toString(),
  );
}

/** The records of a whole response of a terminated container. */
export function recordsOf(response: Buffer, piece?: number, line?: number): LogRecord[] {
  const splitter = new Splitter({ ...(piece && { piece }), line });
  return [...splitter.push(response), ...splitter.end().pieces];
}

export const asEntry = ({ timestamp, bytes, newline }: LogRecord): string =>
  show({ kind: newline ? 'line' : 'partial', timestamp, bytes });
