import { open, type FileHandle } from 'node:fs/promises';
import { recordKey } from './record.ts';
import { damaged, parseEntry, segmentPath, type Entry, type SegmentHeader, type StreamKey } from './segment-format.ts';

/**
 * Reads the segments of one container as the one log they are: each up to where its successor goes on, the last up to its
 * last whole line. What a superseded writer appends behind that is not part of the log.
 *
 * A reader can be faster than the successor's birth and give lines that are cut off a moment later; the successor writes
 * them again. They are then left out once (`overshot`). Every file is opened anew for each block, which is what lets a reader
 * on another host see an NFS file grow.
 */
export class SegmentChain {
  /** Where the next read begins. */
  segment: number;
  offset = 0;
  overshot = false;
  readonly #folder: string;
  readonly #key: StreamKey;
  #given: string[] = [];

  constructor(folder: string, key: StreamKey, first = 1) {
    this.#folder = folder;
    this.#key = key;
    this.segment = first;
  }

  /** The next entries, never none; undefined when there are no more for now. */
  async read(): Promise<Entry[] | undefined> {
    for (;;) {
      const end = await this.#end();
      if (end !== undefined && this.offset >= end) {
        await this.#goOn(end);
        continue;
      }
      const lines = await readLines(this.#path(this.segment), this.offset, end);
      if (lines.length === 0 && end === undefined) return undefined;
      this.offset += lines.length;
      const entries = this.#leaveOutGiven(split(lines));
      if (lines.length === 0 && end !== undefined) {
        entries.push(damaged(end - this.offset));
        this.offset = end;
      }
      if (entries.length > 0) return entries;
    }
  }

  #path(segment: number): string {
    return segmentPath(this.#folder, this.#key, segment);
  }

  /** Up to where the present segment is valid; undefined as long as it is the last. */
  async #end(): Promise<number | undefined> {
    const header = await readHeader(this.#path(this.segment + 1));
    return header?.after?.offset;
  }

  async #goOn(end: number): Promise<void> {
    const given: string[] = [];
    for (let at = end; at < this.offset;) {
      const lines = await readLines(this.#path(this.segment), at, this.offset);
      if (lines.length === 0) break;
      for (const entry of split(lines)) given.push(keyOf(entry));
      at += lines.length;
      this.overshot = true;
    }
    this.#given = [...given, ...this.#given];
    this.segment += 1;
    this.offset = 0;
  }

  #leaveOutGiven(entries: readonly Entry[]): Entry[] {
    const fresh = entries.filter(({ kind }) => kind !== 'header');
    let same = 0;
    while (same < this.#given.length && same < fresh.length) {
      const entry = fresh[same];
      if (!entry || keyOf(entry) !== this.#given[same]) {
        this.#given = [];
        break;
      }
      same += 1;
    }
    this.#given = this.#given.slice(same);
    return fresh.slice(same);
  }
}

const keyOf = (entry: Entry): string =>
  entry.kind === 'record'
    ? recordKey(entry)
    : JSON.stringify(entry, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));

const blockSize = 256 * 1024;

/** The entries of whole lines. */
function split(lines: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let from = 0; from < lines.length;) {
    const at = lines.indexOf(0x0a, from);
    entries.push(parseEntry(lines.subarray(from, at)));
    from = at + 1;
  }
  return entries;
}

/** Whole lines from `offset` on, about a block of them; nothing when there is none, or no such file. */
async function readLines(path: string, offset: number, end = Infinity): Promise<Buffer> {
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
async function readHeader(path: string): Promise<SegmentHeader | undefined> {
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
