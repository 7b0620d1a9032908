import { createHash } from 'node:crypto';
import { FRAME } from '../../../src/pod/collector.ts';

/** The collector's log for a file of these bytes. */
export function framed(content: string | Buffer): string[] {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const data = bytes.toString('base64').match(/.{1,76}/g) ?? [];
  return [`${FRAME} begin ${bytes.length} ${sha256}`, ...data, `${FRAME} end`];
}
