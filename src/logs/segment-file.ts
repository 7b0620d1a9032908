import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEntry, type Entry, type SegmentHeader } from './segment-format.ts';

export interface StreamKey {
  readonly container: string;
  readonly restart: number;
}

export const segmentPath = (folder: string, { container, restart }: StreamKey, segment: number): string =>
  join(folder, `${container}.${restart}.${String(segment).padStart(4, '0')}.log`);

/** The container, restart and number in a segment's file name; undefined for any other file. */
export function parseSegmentName(name: string): (StreamKey & { readonly segment: number }) | undefined {
  const [, container, restart, segment] = /^([a-z0-9-]+)\.(\d+)\.(\d{4,})\.log$/.exec(name) ?? [];
  return container ? { container, restart: Number(restart), segment: Number(segment) } : undefined;
}

const blockSize = 256 * 1024;

/** The entries of whole lines. */
export function split(lines: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let from = 0; from < lines.length;) {
    const at = lines.indexOf(0x0a, from);
    entries.push(parseEntry(lines.subarray(from, at)));
    from = at + 1;
  }
  return entries;
}

/** Whole lines from `offset` on, about a block of them; nothing when there is none, or no such file. */
export async function readLines(path: string, offset: number, end = Infinity): Promise<Buffer> {
  return withFile(path, Buffer.alloc(0), async (file) => {
    const available = Math.min((await file.stat()).size, end) - offset;
    for (let size = blockSize; available > 0; size *= 4) {
      const block = Buffer.allocUnsafe(Math.min(size, available));
      const { bytesRead } = await file.read(block, 0, block.length, offset);
      const last = block.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (last !== -1) return block.subarray(0, last + 1);
      if (size >= available) break;
    }
    return Buffer.alloc(0);
  });
}

/** A segment's header; undefined when there is no such segment. */
export async function readHeader(path: string): Promise<SegmentHeader | undefined> {
  return withFile(path, undefined, async (file) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const entry = parseEntry(buffer.subarray(0, Math.max(0, buffer.subarray(0, bytesRead).indexOf(0x0a))));
    return entry.kind === 'header' ? entry.header : undefined;
  });
}

async function withFile<Result>(path: string, absent: Result, work: (file: FileHandle) => Promise<Result>) {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent;
    throw error;
  }
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
