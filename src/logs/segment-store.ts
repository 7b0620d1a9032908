import type { FileHandle } from 'node:fs/promises';
import { listNames, makeFolder } from './folders.ts';
import { Ledger, type Gap } from './ledger.ts';
import type { LogRecord } from './record.ts';
import { SegmentChain } from './segment-chain.ts';
import { claim, LogStoreError, storeError, type Claimed } from './segment-claim.ts';
import { parseSegmentName, segmentPath, type StreamKey } from './segment-file.ts';
import { encodeDropped, encodeEnd, encodeGap, encodeRecords, type SegmentHeader } from './segment-format.ts';
import { Tail } from './tail.ts';
import { timestampNow } from './timestamp.ts';

/** Of what `maxBytes` leaves out, so much may be left out before a note tells it: a new attempt reads it again. */
const TOLD_EVERY_BYTES = 1024 * 1024;

export interface StoreLimits {
  /** Of kept text and newlines per start of a container. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** Of the tail. Default 8192. */
  readonly tailBytes?: number | undefined;
}

/** Where one pod's log is stored. */
export interface SegmentStore {
  /** Begins a segment of this writer's own, behind all that is stored. Never two writers in one segment. */
  openSegment(container: string, restart: number): Promise<Segment>;
}

/** What is stored of one container's log, and the one place to add to it. The calls must be awaited one by one. */
export interface Segment {
  /** The log up to now: that of earlier attempts included. */
  readonly ledger: Readonly<Pick<Ledger, 'counters' | 'cursor' | 'ended' | 'gap' | 'tail' | 'written'>>;
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
    await makeFolder(folder);
    for (;;) {
      const end = await readToEnd(folder, key, new Ledger(tailOf(limits)));
      // Lines behind the point where a newer segment began were counted: look again.
      if (end.chain?.overshot) continue;
      const { chain } = end;
      const after = chain && { segment: chain.segment, offset: chain.offset };
      const header = { v: 1, ...key, segment: (chain?.segment ?? 0) + 1, ...(after && { after }) } as const;
      const claimed = await claim(folder, header);
      if (claimed) return new FileSegment(folder, header, claimed, end.ledger, limits.maxBytes);
    }
  },
});

/** The lines of a tail are few too, unless more bytes are asked for. */
const tailOf = ({ tailBytes = 8192 }: StoreLimits) =>
  new Tail({ maxBytes: tailBytes, maxLines: Math.max(40, Math.ceil(tailBytes / 200)) });

async function readToEnd(
  folder: string,
  key: StreamKey,
  ledger: Ledger,
): Promise<{ chain?: SegmentChain; ledger: Ledger }> {
  const segments = (await listNames(folder))
    .map(parseSegmentName)
    .filter((name) => name?.container === key.container && name.restart === key.restart)
    .map((name) => name?.segment ?? 0);
  if (segments.length === 0) return { ledger };
  const chain = new SegmentChain(folder, key, Math.min(...segments));
  for (let entries = await chain.read(); entries; entries = await chain.read()) {
    let records: LogRecord[] = [];
    for (const entry of entries) {
      if (entry.kind === 'record') records.push(entry);
      if (entry.kind === 'gap' || entry.kind === 'dropped') {
        ledger.add(records);
        records = [];
      }
      if (entry.kind === 'gap') ledger.addGap(entry.gap);
      if (entry.kind === 'dropped') ledger.addNote(entry.note, entry.timestamp);
      if (entry.kind === 'end') ledger.ended = true;
    }
    ledger.add(records);
  }
  return { chain, ledger };
}

class FileSegment implements Segment {
  readonly ledger: Ledger;
  readonly #folder: string;
  #header: SegmentHeader;
  #file: FileHandle;
  #size: number;
  #broken = false;
  readonly #maxBytes: number;

  constructor(folder: string, header: SegmentHeader, { file, size }: Claimed, ledger: Ledger, maxBytes = Infinity) {
    this.#folder = folder;
    this.#header = header;
    this.#file = file;
    this.#size = size;
    this.ledger = ledger;
    this.#maxBytes = maxBytes;
  }

  async append(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const { ledger } = this;
    const kept = ledger.full ? [] : records.slice(0, fitting(records, this.#maxBytes - ledger.counters.bytes));
    if (kept.length > 0) {
      await this.#write(encodeRecords(kept)).catch((error: unknown) => {
        if (error instanceof LogStoreError) ledger.add(kept.slice(0, error.stored));
        throw error;
      });
      ledger.add(kept);
    }
    if (kept.length < records.length) {
      const first = !ledger.full;
      ledger.drop(records.slice(kept.length));
      if (first || ledger.untold >= TOLD_EVERY_BYTES) await this.#tell();
    }
    return kept;
  }

  async addGap(gap: Gap): Promise<void> {
    await this.#tell();
    await this.#write(encodeGap(this.ledger.timestamp ?? timestampNow(), gap));
    this.ledger.addGap(gap);
  }

  async end(): Promise<void> {
    await this.#tell();
    await this.#write(encodeEnd());
    this.ledger.ended = true;
  }

  /** What was written is on the disk before this returns: the pod may be deleted next. */
  async close(): Promise<void> {
    try {
      await this.#tell();
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  /** Writes down what was left out, if anything was since the last time. */
  async #tell(): Promise<void> {
    const { note, timestamp, untold } = this.ledger;
    if (untold === 0 || !note) return;
    await this.#write(encodeDropped(timestamp ?? timestampNow(), note));
    this.ledger.untold = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#broken) await this.#goOn();
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
  async #goOn(): Promise<void> {
    const { segment } = this.#header;
    const header = { ...this.#header, segment: segment + 1, after: { segment, offset: this.#size } };
    const claimed = await claim(this.#folder, header);
    if (!claimed) throw new LogStoreError('superseded', 'another attempt writes this log now');
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
