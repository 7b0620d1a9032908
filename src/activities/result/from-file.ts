/** The file that the collector handed over, read from its log as soon as it has ended. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Attempt } from '../attempt.ts';
import { refOf } from '../birth.ts';
import { Splitter } from '../../logs/record.ts';
import type { PodFeed } from '../pod-feed.ts';
import { COLLECT_NOW, COLLECTOR } from '../../pod/collector.ts';
import { trouble, type Found } from './found.ts';
import { parseFrame } from './frame.ts';
import { MAX_RESULT_BYTES } from './limits.ts';
import { messageOf } from '../../common/message-of.ts';

/** Of the collector's log: base64 in lines of 76, each with a timestamp. */
const LOG_BYTES = 3 * MAX_RESULT_BYTES;
const AGAIN_MS = 500;
const READ_MS = 15_000;

/** @throws CancelledFailure when this attempt is to end: the next one reads it again */
export async function fromFile(attempt: Attempt, feed: PodFeed, path: string, untilMs: number): Promise<Found> {
  let asked = false;
  /** Nothing else may happen to the pod that would wake us. */
  let again = false;
  for (let why = 'it has not ended'; ;) {
    await attempt.throwIfInterrupted();
    if (feed.gone) return missing(path, 'the pod is gone');
    const pod = feed.latest;
    const ended = collectorOf(pod)?.state?.terminated;
    again = ended !== undefined || asked;
    try {
      if (!ended && !asked && othersRun(pod, attempt.main)) {
        await attempt.cluster.annotatePod(refOf(pod), { [COLLECT_NOW]: new Date().toISOString() });
        asked = again = true;
      }
      const found = ended || asked ? await handedOver(attempt, pod, path) : undefined;
      if (found) return found;
      if (ended && ended.exitCode !== 0)
        return missing(path, `it ended with exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`);
    } catch (error) {
      why = messageOf(error);
      again = true;
    }
    const left = untilMs - Date.now();
    if (left <= 0) return missing(path, why);
    await feed.change(again ? Math.min(left, AGAIN_MS) : left, attempt.signal);
  }
}

const missing = (path: string, why: string): Found =>
  trouble(
    'ResultMissing',
    `whether it left a file ${path} is unknown: container ${COLLECTOR} did not hand it over: ${why}`,
  );

/** Undefined when its log is not complete (yet). */
async function handedOver({ cluster }: Attempt, pod: V1Pod, path: string): Promise<Found | undefined> {
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
