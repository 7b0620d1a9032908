/** How the collector says what it found: lines of its log that begin with `FRAME`, and the file between them as base64. */
import { createHash } from 'node:crypto';
import { trouble, utf8, type Found } from './found.ts';
import { ADVICE, MAX_RESULT_BYTES } from './limits.ts';

export const FRAME = '::temporal-pods-result::';

/** What the collector's log says; undefined when it has not said it to its end. The last word counts. */
export function parseFrame(lines: readonly string[], path: string): Found | undefined {
  const at = lines.findLastIndex((line) => line.startsWith(FRAME) && line !== `${FRAME} end`);
  const [, word, ...rest] = (lines[at] ?? '').split(' ');
  switch (word) {
    case 'missing':
      return { found: 'nothing', where: `there is no file ${path}` };
    case 'dangling':
      return trouble(
        'ResultInvalid',
        `${path} is a symbolic link to a place outside of its volume, or to an absolute path: write a file`,
      );
    case 'irregular':
      return trouble('ResultInvalid', `${path} is not a regular file`);
    case 'unreadable':
      return trouble(
        'ResultInvalid',
        `${path} may not be read by others than its owner: make it readable, or set securityContext.runAsUser in the template`,
      );
    case 'large':
      return trouble('ResultTooLarge', `${path} has ${rest[0]} bytes, ${MAX_RESULT_BYTES} are the most: ${ADVICE}`);
    case 'begin':
      return unframed(lines.slice(at + 1), { bytes: Number(rest[0]), sha256: rest[1] ?? '' }, path);
    default:
      return undefined;
  }
}

function unframed(
  lines: readonly string[],
  announced: { bytes: number; sha256: string },
  path: string,
): Found | undefined {
  const end = lines.indexOf(`${FRAME} end`);
  if (end === -1) return undefined;
  const file = Buffer.from(lines.slice(0, end).join(''), 'base64');
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (file.length !== announced.bytes || sha256 !== announced.sha256)
    return trouble('ResultMissing', `${path} changed while it was read, after the main container had ended`);
  const text = utf8(file);
  if (text === undefined) return trouble('ResultInvalid', `${path} is not UTF-8`);
  return text.trim() === '' ? { found: 'nothing', where: `the file ${path} is empty` } : { found: 'text', text };
}
