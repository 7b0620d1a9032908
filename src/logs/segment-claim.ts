import { randomUUID } from 'node:crypto';
import { link, open, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentPath } from './segment-file.ts';
import { encodeHeader, type SegmentHeader } from './segment-format.ts';

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

export interface Claimed {
  readonly file: FileHandle;
  readonly size: number;
}

/** Creates the segment with its header in it, as one step; undefined when another writer was first. */
export async function claim(folder: string, header: SegmentHeader): Promise<Claimed | undefined> {
  const draft = join(folder, `.draft-${randomUUID()}`);
  const path = segmentPath(folder, header, header.segment);
  const bytes = encodeHeader(header);
  try {
    await writeFile(draft, bytes, { flag: 'wx' });
    await link(draft, path);
    return { file: await open(path, 'a'), size: bytes.length };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw storeError(path, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

export const storeError = (path: string, cause: unknown, stored = 0): LogStoreError =>
  new LogStoreError('store', `Cannot write the log ${path}: ${(cause as Error).message}`, { cause, stored });
