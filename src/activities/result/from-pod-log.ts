/** The same as from the stored log, from the log that the pod still has: for a storage that would not take it to its end. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Attempt } from '../attempt.ts';
import { refOf } from '../birth.ts';
import { LogStream, type OpenLogOptions } from '../../logs/stream.ts';
import type { LogRecord } from '../../logs/record.ts';
import type { Found } from './found.ts';
import { DEFAULT_MARKER, MarkedLines } from './from-log.ts';

const READ_MS = 30_000;

/** Undefined when it cannot be read to its end, or has no such line (any more: Kubernetes throws its beginning away). */
export async function fromPodLog(
  { cluster, main }: Attempt,
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
