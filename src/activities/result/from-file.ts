/** The file that the collector handed over, read from its log as soon as it has ended. */
import { createHash } from 'node:crypto';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { refOf } from '../../pod/identity.ts';
import { Splitter } from '../../logs/index.ts';
import type { PodWatcher } from '../../kubernetes/pod-watcher.ts';
import { COLLECT_NOW, COLLECTOR, FRAME } from '../../pod/collector.ts';
import { MAX_RESULT_BYTES } from '../../contract/defaults.ts';
import { messageOf } from '../../common/message-of.ts';
import { ADVICE, trouble, utf8, type Found, type ResultReader } from './found.ts';

/** Of the collector's log: base64 in lines of 76, each with a timestamp. */
const LOG_BYTES = 3 * MAX_RESULT_BYTES;
const AGAIN_MS = 500;
const READ_MS = 15_000;

/** @throws CancelledFailure when this attempt is to end: the next one reads it again */
export async function fromFile(
  reader: ResultReader,
  watcher: PodWatcher,
  path: string,
  untilMs: number,
): Promise<Found> {
  let asked = false;
  /** Nothing else may happen to the pod that would wake us. */
  let again = false;
  for (let why = 'it has not ended'; ;) {
    await reader.throwIfInterrupted();
    if (watcher.gone) return missing(path, 'the pod is gone');
    const pod = watcher.latest;
    const ended = collectorOf(pod)?.state?.terminated;
    again = ended !== undefined || asked;
    try {
      if (!ended && !asked && othersRun(pod, reader.main)) {
        await reader.cluster.annotatePod(refOf(pod), { [COLLECT_NOW]: new Date().toISOString() });
        asked = again = true;
      }
      const found = ended || asked ? await handedOver(reader, pod, path) : undefined;
      if (found) return found;
      if (ended && ended.exitCode !== 0)
        return missing(path, `it ended with exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`);
    } catch (error) {
      why = messageOf(error);
      again = true;
    }
    const left = untilMs - Date.now();
    if (left <= 0) return missing(path, why);
    await watcher.change(again ? Math.min(left, AGAIN_MS) : left, reader.signal);
  }
}

const missing = (path: string, why: string): Found =>
  trouble(
    'ResultMissing',
    `whether it left a file ${path} is unknown: container ${COLLECTOR} did not hand it over: ${why}`,
  );

/** Undefined when its log is not complete (yet). */
async function handedOver({ cluster }: ResultReader, pod: V1Pod, path: string): Promise<Found | undefined> {
  const signal = AbortSignal.timeout(READ_MS);
  const splitter = new Splitter();
  const lines: string[] = [];
  let size = 0;
  for await (const chunk of await cluster.openLog(refOf(pod), COLLECTOR, { follow: false, signal })) {
    lines.push(...splitter.push(chunk).map(({ bytes }) => bytes.toString('latin1')));
    if ((size += chunk.length) > LOG_BYTES) break;
  }
  return parseFrame(lines, path);
}

const collectorOf = (pod: V1Pod): V1ContainerStatus | undefined =>
  pod.status?.initContainerStatuses?.find(({ name }) => name === COLLECTOR);

/** The kubelet stops the collector when all plain containers have ended, not only the main one. */
const othersRun = (pod: V1Pod, main: string): boolean =>
  (pod.status?.containerStatuses ?? []).some(({ name, state }) => name !== main && !state?.terminated);

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
