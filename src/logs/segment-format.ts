/** What a segment is called and what stands in it. */
import { join } from 'node:path';
import type { DroppedNote, Gap } from './log-state.ts';
import { parseTimestamp, type LogRecord } from './record.ts';

/** One start of a container: its log is one stream. */
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

/** First line of a segment: where in its predecessor's file the log stops being valid and goes on here. */
export interface SegmentHeader {
  readonly v: 1;
  readonly container: string;
  readonly restart: number;
  readonly segment: number;
  readonly after?: { readonly segment: number; readonly offset: number };
}

/** One line of a segment's file. The file is readable as it is: `<timestamp> F <text>`, like a container runtime's own. */
export type Entry =
  /** `F`: a full line. `P`: a piece without a newline at its end. `F:cut=<n>`: n bytes more were not kept. */
  | ({ readonly kind: 'record' } & LogRecord)
  /** `G <json>`: lines are missing here. */
  | { readonly kind: 'gap'; readonly timestamp: string; readonly ns: bigint; readonly gap: Gap }
  /** `D <json>`: up to here, so much in all was not kept; the log is read on from there. */
  | { readonly kind: 'dropped'; readonly timestamp: string; readonly ns: bigint; readonly note: DroppedNote }
  /** `# {"end":true}`: the container's end was seen; the log is complete. */
  | { readonly kind: 'end' }
  | { readonly kind: 'header'; readonly header: SegmentHeader };

const full = 0x46;
const partial = 0x50;
const missing = 0x47;
const dropped = 0x44;

export const encodeHeader = (header: SegmentHeader): Buffer => Buffer.from(`# ${JSON.stringify(header)}\n`);

export const encodeEnd = (): Buffer => Buffer.from('# {"end":true}\n');

export const encodeGap = (timestamp: string, gap: Gap): Buffer =>
  Buffer.from(`${timestamp} G ${JSON.stringify(gap)}\n`);

export const encodeDropped = (timestamp: string, note: DroppedNote): Buffer =>
  Buffer.from(`${timestamp} D ${JSON.stringify(note)}\n`);

/** All records in one buffer: one write. */
export function encodeRecords(records: readonly LogRecord[]): Buffer {
  const heads = records.map(
    ({ timestamp, newline, cut }) => `${timestamp} ${newline ? 'F' : 'P'}${cut ? `:cut=${cut}` : ''} `,
  );
  const size = records.reduce((sum, { bytes }, index) => sum + (heads[index]?.length ?? 0) + bytes.length + 1, 0);
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, { bytes }] of records.entries()) {
    at += out.write(heads[index] ?? '', at, 'latin1');
    at += bytes.copy(out, at);
    out[at++] = 0x0a;
  }
  return out;
}

/** Reads a line, given without its newline. What cannot be read was damaged on the disk: it becomes a gap. */
export function parseEntry(line: Buffer): Entry {
  if (line[0] === 0x23) return parseNote(line);
  const space = line.indexOf(0x20);
  const timestamp = space === -1 ? '' : line.toString('latin1', 0, space);
  const ns = parseTimestamp(timestamp);
  const tag = line[space + 1];
  const tagEnd = line.subarray(0, space + 40).indexOf(0x20, space + 1);
  if (ns === undefined || tagEnd === -1) return damaged(line.length);
  const bytes = line.subarray(tagEnd + 1);
  const cut = parseCut(line.toString('latin1', space + 2, tagEnd));
  if (cut !== undefined && (tag === full || tag === partial))
    return { kind: 'record', timestamp, ns, bytes, newline: tag === full, ...(cut > 0 && { cut }) };
  const json = tag === missing || tag === dropped ? parseJson(bytes) : undefined;
  if (!json) return damaged(line.length);
  return tag === missing
    ? { kind: 'gap', timestamp, ns, gap: json as Gap }
    : { kind: 'dropped', timestamp, ns, note: json as DroppedNote };
}

/** 0 for a tag alone; undefined for what no writer wrote. */
function parseCut(rest: string): number | undefined {
  return rest === '' ? 0 : Number(/^:cut=(\d{1,15})$/.exec(rest)?.[1] ?? NaN) || undefined;
}

function parseNote(line: Buffer): Entry {
  const note = parseJson(line.subarray(2)) as SegmentHeader | { end: true } | undefined;
  if (!note) return damaged(line.length);
  return 'end' in note ? { kind: 'end' } : { kind: 'header', header: note };
}

function parseJson(bytes: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Stands for bytes of a segment that are not what a writer wrote. */
export const damaged = (length: number): Entry => ({
  kind: 'gap',
  timestamp: '1970-01-01T00:00:00.000000000Z',
  ns: 0n,
  gap: { reason: 'unread', message: `the stored log is damaged: ${length} bytes cannot be read` },
});
