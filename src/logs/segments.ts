import { access, type FileHandle, link, open, unlink, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DEFAULT_TAIL_BYTES } from '../contract/defaults.ts';
import { FILE_MODE, listNames, makeOwnFolder } from './folders.ts';
import { LogState, type Gap } from './log-state.ts';
import { type LogRecord, timestampNow } from './record.ts';
import { SegmentChain } from './segment-chain.ts';
import {
  parseSegmentName,
  segmentPath,
  type StreamKey,
  encodeDropped,
  encodeEnd,
  encodeGap,
  encodeRecords,
  type SegmentHeader,
  encodeHeader,
} from './segment-format.ts';
import { Tail } from './lines.ts';

/** Of what `maxBytes` leaves out, so much may be left out before it is noted: a new attempt reads it again. */
const NOTE_EVERY_BYTES = 1024 * 1024;

export interface StoreLimits {
  /** Of kept text and newlines per start of a container. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** Of the tail. Default `DEFAULT_TAIL_BYTES`. */
  readonly tailBytes?: number | undefined;
}

/** How often a writer looks whether the log was taken from it; always before and after its end. */
const LOOK_EVERY_MS = 1_000;

/** Where one pod's log is stored. */
export interface SegmentStore {
  /** Begins a segment of this writer's own, behind all that is stored. Never two writers in one segment. */
  openSegment(container: string, restart: number): Promise<Segment>;
}

/**
 * What is stored of one container's log, and the one place to add to it. The calls must be awaited one by one. A writer whose log another
 * one has taken since learns it within a second, and before it can say that the log is complete: `superseded`.
 */
export interface Segment {
  /** The log up to now: that of earlier attempts included. */
  readonly logState: Readonly<Pick<LogState, 'counters' | 'cursor' | 'ended' | 'gap' | 'tail' | 'written'>>;
  /** Returns those that were kept: the first ones, up to `maxBytes`. */
  append(records: readonly LogRecord[]): Promise<readonly LogRecord[]>;
  addGap(gap: Gap): Promise<void>;
  /** Says that the container's end was seen: the log is complete. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Stores the log of one pod as files in its folder (`logFolder`). */
export const fileSegments = (folder: string, limits: StoreLimits = {}): SegmentStore => ({
  async openSegment(container, restart) {
    const key = { container, restart };
    await makeOwnFolder(folder);
    for (;;) {
      const end = await readToEnd(folder, key, new LogState(tailOf(limits)));
      // Lines behind the point where a newer segment began were counted: look again.
      if (end.chain?.overshot) continue;
      const { chain } = end;
      const after = chain && { segment: chain.segment, offset: chain.offset };
      const header = { v: 1, ...key, segment: (chain?.segment ?? 0) + 1, ...(after && { after }) } as const;
      const claimed = await claim(folder, header);
      if (claimed) return new FileSegment(folder, header, claimed, end.logState, limits.maxBytes);
    }
  },
});

/** Every start of a container of which something is stored, sorted by name. */
export async function storedStreams(folder: string): Promise<StreamKey[]> {
  const first = (await listNames(folder)).map(parseSegmentName).filter((name) => name !== undefined);
  const streams = new Map(first.map(({ container, restart }) => [`${container}.${restart}`, { container, restart }]));
  return [...streams.values()];
}

/** The lines of a tail are few too, unless more bytes are asked for. */
const tailOf = ({ tailBytes = DEFAULT_TAIL_BYTES }: StoreLimits) =>
  new Tail({ maxBytes: tailBytes, maxLines: Math.max(40, Math.ceil(tailBytes / 200)) });

async function readToEnd(
  folder: string,
  key: StreamKey,
  logState: LogState,
): Promise<{ chain?: SegmentChain; logState: LogState }> {
  const segments = (await listNames(folder))
    .map(parseSegmentName)
    .filter((name) => name?.container === key.container && name.restart === key.restart)
    .map((name) => name?.segment ?? 0);
  if (segments.length === 0) return { logState };
  const chain = new SegmentChain(folder, key, Math.min(...segments));
  for (let entries = await chain.read(); entries; entries = await chain.read()) {
    let records: LogRecord[] = [];
    for (const entry of entries) {
      if (entry.kind === 'record') records.push(entry);
      if (entry.kind === 'gap' || entry.kind === 'dropped') {
        logState.add(records);
        records = [];
      }
      if (entry.kind === 'gap') logState.addGap(entry.gap);
      if (entry.kind === 'dropped') logState.addNote(entry.note, entry.timestamp);
      if (entry.kind === 'end') logState.ended = true;
    }
    logState.add(records);
  }
  return { chain, logState };
}

class FileSegment implements Segment {
  readonly logState: LogState;
  readonly #folder: string;
  #header: SegmentHeader;
  #file: FileHandle;
  #size: number;
  #broken = false;
  #lookedAt = performance.now();
  readonly #maxBytes: number;

  constructor(folder: string, header: SegmentHeader, { file, size }: Claimed, logState: LogState, maxBytes = Infinity) {
    this.#folder = folder;
    this.#header = header;
    this.#file = file;
    this.#size = size;
    this.logState = logState;
    this.#maxBytes = maxBytes;
  }

  async append(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const { logState } = this;
    if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) await this.#mustBeLast();
    const kept = logState.full ? [] : records.slice(0, fitting(records, this.#maxBytes - logState.counters.bytes));
    if (kept.length > 0) {
      await this.#write(encodeRecords(kept)).catch((error: unknown) => {
        if (error instanceof LogStoreError) logState.add(kept.slice(0, error.stored));
        throw error;
      });
      logState.add(kept);
    }
    if (kept.length < records.length) {
      const first = !logState.full;
      logState.drop(records.slice(kept.length));
      if (first || logState.bytesSinceNote >= NOTE_EVERY_BYTES) await this.#writeNote();
    }
    return kept;
  }

  async addGap(gap: Gap): Promise<void> {
    await this.#writeNote();
    await this.#write(encodeGap(this.logState.timestamp ?? timestampNow(), gap));
    this.logState.addGap(gap);
  }

  async end(): Promise<void> {
    await this.#mustBeLast();
    await this.#writeNote();
    await this.#write(encodeEnd());
    // Whoever read the log before that has cut it off.
    await this.#mustBeLast();
    this.logState.ended = true;
  }

  /** What was written is on the disk before this returns: the pod may be deleted next. */
  async close(): Promise<void> {
    try {
      await this.#writeNote();
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  async #mustBeLast(): Promise<void> {
    this.#lookedAt = performance.now();
    const isLast = await access(segmentPath(this.#folder, this.#header, this.#header.segment + 1)).then(
      () => false,
      () => true,
    );
    if (!isLast) throw superseded();
  }

  /** Writes down what was left out, if anything was since the last time. */
  async #writeNote(): Promise<void> {
    const { note, timestamp, bytesSinceNote } = this.logState;
    if (bytesSinceNote === 0 || !note) return;
    await this.#write(encodeDropped(timestamp ?? timestampNow(), note));
    this.logState.bytesSinceNote = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#broken) await this.#openNext();
    let written = 0;
    try {
      while (written < bytes.length)
        written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
      this.#size += written;
    } catch (error) {
      this.#broken = true;
      // A full disk takes what fits. Readers see whole lines of it, so they count.
      const whole = bytes.subarray(0, bytes.subarray(0, written).lastIndexOf(0x0a) + 1);
      this.#size += whole.length;
      const path = segmentPath(this.#folder, this.#header, this.#header.segment);
      throw storeError(
        path,
        error,
        whole.reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 0),
      );
    }
  }

  /** Goes on in a new segment, because the last write may have left half a record. */
  async #openNext(): Promise<void> {
    const { segment } = this.#header;
    const header = { ...this.#header, segment: segment + 1, after: { segment, offset: this.#size } };
    const claimed = await claim(this.#folder, header);
    if (!claimed) throw superseded();
    await this.#file.close().catch(() => undefined);
    this.#header = header;
    this.#file = claimed.file;
    this.#size = claimed.size;
    this.#broken = false;
  }
}

/** How many of the records have room; what comes after one that has none is not looked at. */
function fitting(records: readonly LogRecord[], room: number): number {
  if (room === Infinity) return records.length;
  let left = room;
  const end = records.findIndex(({ bytes, newline }) => (left -= bytes.length + (newline ? 1 : 0)) < 0);
  return end === -1 ? records.length : end;
}

/** The storage refused: full, gone, or (`superseded`) taken over by a newer attempt. */
export class LogStoreError extends Error {
  override readonly name = 'LogStoreError';
  readonly kind: 'store' | 'superseded';
  /** How many lines of the refused write are stored all the same: the first ones. */
  readonly stored: number;
  constructor(
    kind: 'store' | 'superseded',
    message: string,
    { stored = 0, ...options }: ErrorOptions & { stored?: number } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.stored = stored;
  }
}

const superseded = () => new LogStoreError('superseded', 'another attempt writes this log now');

interface Claimed {
  readonly file: FileHandle;
  readonly size: number;
}

/** Creates the segment with its header in it, as one step; undefined when another writer was first. */
async function claim(folder: string, header: SegmentHeader): Promise<Claimed | undefined> {
  const draft = join(folder, `.draft-${randomUUID()}`);
  const path = segmentPath(folder, header, header.segment);
  const bytes = encodeHeader(header);
  try {
    await writeFile(draft, bytes, { flag: 'wx', mode: FILE_MODE });
    await link(draft, path);
    return { file: await open(path, 'a'), size: bytes.length };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw storeError(path, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

const storeError = (path: string, cause: unknown, stored = 0): LogStoreError =>
  new LogStoreError('store', `Cannot write the log ${path}: ${(cause as Error).message}`, { cause, stored });
