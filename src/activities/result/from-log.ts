/** What follows the marker on the last line that begins with it, in the stored log of the main container. */
import type { V1Pod } from '@kubernetes/client-node';
import {
  isBeginningMissing,
  LogStream,
  readLog,
  type LogEntry,
  type LogRecord,
  type OpenLogOptions,
} from '../../logs/index.ts';
import { refOf } from '../../pod/identity.ts';
import { DEFAULT_MARKER, MAX_RESULT_BYTES } from '../../contract/defaults.ts';
import { ADVICE, trouble, utf8, type Found, type ResultReader } from './found.ts';

/**
 * Reads in one pass; holds two lines at most, each cut a little above the limit.
 *
 * @param missing why the end of the log is not stored, when it is not: a full storage cannot say so in the log
 */
export async function fromLog(folder: string, main: string, marker = DEFAULT_MARKER, missing?: string): Promise<Found> {
  const lines = new MarkedLines(Buffer.from(marker));
  for await (const entry of readLog(folder, { containers: [main] })) lines.add(entry);
  return lines.last({ missing, startIsMissing: await isBeginningMissing(folder, main) });
}

export class MarkedLines {
  readonly #marker: Buffer;
  #pieces: Buffer[] = [];
  #size = 0;
  #cut = 0;
  /** The last whole line that begins with the marker, without it; `cut`: so many bytes of it were not kept. */
  #found: { text: Buffer; size: number; cut: number } | undefined;
  #lines = 0;
  /** Why lines are missing behind the last one that was found. */
  #gap: string | undefined;

  constructor(marker: Buffer) {
    this.#marker = marker;
  }

  add({ kind, bytes, cut = 0 }: Pick<LogEntry, 'kind' | 'bytes' | 'cut'>): void {
    if (kind === 'gap') {
      this.#endLine();
      this.#gap = (JSON.parse(String(bytes)) as { message: string }).message;
      return;
    }
    // What was read shares its memory with a whole block of the file.
    const room = MAX_RESULT_BYTES + this.#marker.length + 1 - this.#size;
    if (room > 0) this.#pieces.push(Buffer.from(bytes.subarray(0, room)));
    this.#size += bytes.length;
    this.#cut += cut;
    if (kind === 'line') this.#endLine();
  }

  last({ missing, startIsMissing = false }: { missing?: string | undefined; startIsMissing?: boolean } = {}): Found {
    this.#endLine();
    const gap = missing === undefined ? this.#gap : `the log could not be stored to its end: ${missing}`;
    const marker = JSON.stringify(String(this.#marker));
    const found = this.#found;
    if (gap !== undefined)
      return trouble(
        'ResultMissing',
        found
          ? `lines are missing behind the last one that begins with ${marker}, and a later one may be among them (${gap}). It was: ${String(found.text.subarray(0, 200))}`
          : `no line of the log begins with ${marker}, but lines are missing: ${gap}`,
      );
    if (!found && startIsMissing)
      return trouble(
        'ResultMissing',
        `no line of the stored log begins with ${marker}, but its beginning is not on this worker's storage`,
      );
    if (!found) return { found: 'nothing', where: `none of the ${this.#lines} lines of its log begins with ${marker}` };
    if (found.cut > 0)
      return trouble('ResultTooLarge', `its line was cut by logs.maxLineBytes: ${found.cut} more bytes`);
    if (found.size > MAX_RESULT_BYTES)
      return trouble('ResultTooLarge', `it has ${found.size} bytes, ${MAX_RESULT_BYTES} are the most: ${ADVICE}`);
    const text = utf8(found.text);
    return text === undefined ? trouble('ResultInvalid', 'it is not UTF-8') : { found: 'text', text };
  }

  #endLine(): void {
    if (this.#size === 0) return;
    const line = Buffer.concat(this.#pieces);
    if (line.subarray(0, this.#marker.length).equals(this.#marker)) {
      const size = this.#size - this.#marker.length;
      this.#found = { text: line.subarray(this.#marker.length), size, cut: this.#cut };
      this.#gap = undefined;
    }
    this.#pieces = [];
    this.#size = this.#cut = 0;
    this.#lines += 1;
  }
}

const READ_MS = 30_000;

/** Undefined when it cannot be read to its end, or has no such line (any more: Kubernetes throws its beginning away). */
export async function fromPodLog(
  { cluster, main }: ResultReader,
  pod: V1Pod,
  marker = DEFAULT_MARKER,
): Promise<Found | undefined> {
  const lines = new MarkedLines(Buffer.from(marker));
  const add = (records: readonly LogRecord[]) => {
    for (const { bytes, newline } of records) lines.add({ kind: newline ? 'line' : 'partial', bytes });
    return Promise.resolve(true);
  };
  const source = { openLog: (options: OpenLogOptions) => cluster.openLog(refOf(pod), main, options) };
  const stream = new LogStream(source, { follow: false, signal: AbortSignal.timeout(READ_MS) });
  const { how, pieces } = await stream.read(add);
  if (how !== 'eof') return undefined;
  await add(pieces);
  const found = lines.last();
  return found.found === 'nothing' ? undefined : found;
}
