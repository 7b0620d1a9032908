/**
 * How fast the follower alone is: a made-up stream of 100-byte lines, as fast as it is taken, into segments on the disk. It shows
 * whose limit is reached in `bench/logs.ts flood`.
 *
 *     node bench/log-follower.ts [MB, default 500]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSegments, follow, Lines, type LogRecord } from '../src/logs/index.ts';
import { memoryOf } from './measures.ts';

const megabytes = Number(process.argv[2] ?? 500);
const linesInChunk = 600;
const chunks = (megabytes * 1e6) / (100 * linesInChunk);

async function* stream(): AsyncGenerator<Buffer> {
  const text = 'x'.repeat(99);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const at = `2026-11-22T10:${String(Math.floor(chunk / 600) % 60).padStart(2, '0')}:${String(Math.floor(chunk / 10) % 60).padStart(2, '0')}.`;
    let block = '';
    for (let line = 0; line < linesInChunk; line++)
      block += `${at}${String((chunk % 10) * 1e8 + line).padStart(9, '0')}Z ${text}\n`;
    yield Buffer.from(block);
  }
}

async function measure(
  name: string,
  limits: { maxBytes?: number },
  onRecords?: (records: readonly LogRecord[]) => void,
) {
  const folder = await mkdtemp(join(tmpdir(), 'log-follower-'));
  try {
    const segment = await fileSegments(folder, limits).openSegment('base', 0);
    const source = { openLog: () => Promise.resolve(stream()) };
    const follower = follow(source, segment, { state: () => 'terminated', ...(onRecords && { onRecords }) });
    const before = process.cpuUsage();
    const { lines, dropped } = await follower.drain(600_000);
    const { user, system } = process.cpuUsage(before);
    const all = ((lines + (dropped?.lines ?? 0)) * 100) / 1e6;
    // Not of the clock: other programs may be busy too.
    const rate = Math.round(all / ((user + system) / 1e6));
    return {
      case: name,
      'MB per CPU second': rate,
      lines,
      dropped: dropped?.lines ?? 0,
      'MiB peak': memoryOf(process.pid).peak,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let told = 0;
const lines = new Lines('base', () => (told += 1));
console.table([
  await measure('stored', {}),
  await measure('maxBytes 1 MB', { maxBytes: 1e6 }),
  await measure('stored and told line by line', {}, (records) => lines.add(records)),
]);
