import { mkdir, type FileHandle } from 'node:fs/promises';
import { listNames } from './folders.ts';
import { Ledger, type Gap } from './ledger.ts';
import type { LogRecord } from './record.ts';
import { SegmentChain } from './segment-chain.ts';
import { claim, LogStoreError, storeError, type Claimed } from './segment-claim.ts';
import { parseSegmentName, segmentPath, type StreamKey } from './segment-file.ts';
import { encodeEnd, encodeGap, encodeRecords, type SegmentHeader } from './segment-format.ts';
import { timestampNow } from './timestamp.ts';

/** Where one pod's log is stored. */
export interface SegmentStore {
  /** Begins a segment of this writer's own, behind all that is stored. Never two writers in one segment. */
  openSegment(container: string, restart: number): Promise<Segment>;
}

/** What is stored of one container's log, and the one place to add to it. The calls must be awaited one by one. */
export interface Segment {
  /** The log up to now: that of earlier attempts included. */
  readonly ledger: Readonly<Pick<Ledger, 'counters' | 'cursor' | 'ended' | 'gap' | 'tail'>>;
  append(records: readonly LogRecord[]): Promise<void>;
  addGap(gap: Gap): Promise<void>;
  /** Says that the container's end was seen: the log is complete. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Stores the log of one pod as files in its folder (`logFolder`). */
export const fileSegments = (folder: string): SegmentStore => ({
  async openSegment(container, restart) {
    const key = { container, restart };
    await mkdir(folder, { recursive: true });
    for (;;) {
      const end = await readToEnd(folder, key);
      // Lines behind the point where a newer segment began were counted: look again.
      if (end.chain?.overshot) continue;
      const { chain } = end;
      const after = chain && { segment: chain.segment, offset: chain.offset };
      const header = { v: 1, ...key, segment: (chain?.segment ?? 0) + 1, ...(after && { after }) } as const;
      const claimed = await claim(folder, header);
      if (claimed) return new FileSegment(folder, header, claimed, end.ledger);
    }
  },
});

async function readToEnd(folder: string, key: StreamKey): Promise<{ chain?: SegmentChain; ledger: Ledger }> {
  const ledger = new Ledger();
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
      if (entry.kind === 'gap') {
        ledger.add(records);
        records = [];
        ledger.addGap(entry.gap);
      }
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

  constructor(folder: string, header: SegmentHeader, { file, size }: Claimed, ledger: Ledger) {
    this.#folder = folder;
    this.#header = header;
    this.#file = file;
    this.#size = size;
    this.ledger = ledger;
  }

  async append(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#write(encodeRecords(records));
    this.ledger.add(records);
  }

  async addGap(gap: Gap): Promise<void> {
    await this.#write(encodeGap(this.ledger.timestamp ?? timestampNow(), gap));
    this.ledger.addGap(gap);
  }

  async end(): Promise<void> {
    await this.#write(encodeEnd());
    this.ledger.ended = true;
  }

  /** What was written is on the disk before this returns: the pod may be deleted next. */
  async close(): Promise<void> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#broken) await this.#goOn();
    try {
      await this.#file.appendFile(bytes);
      this.#size += bytes.length;
    } catch (error) {
      this.#broken = true;
      throw storeError(segmentPath(this.#folder, this.#header, this.#header.segment), error);
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
