/** The termination message of the main container as its result. */
import type { V1Pod } from '@kubernetes/client-node';
import { statusOf } from '../pod/containers.ts';
import { trouble, type Found } from './found.ts';
import { ADVICE } from './limits.ts';

/** Kubernetes keeps so much of one container, and of all of a pod's together, init containers included. */
const CONTAINER_BYTES = 4096;
const POD_BYTES = 12 * 1024;

/** @param asked the spec names it as the place of the result. Else it may hold a text for people, and only JSON is a result */
export function fromMessage(pod: V1Pod, main: string, asked = true): Found {
  const nothing: Found = { found: 'nothing', where: 'its termination message (/dev/termination-log) is empty' };
  const ended = statusOf(pod, main)?.state?.terminated;
  const text = ended?.message ?? '';
  const container = pod.spec?.containers.find(({ name }) => name === main);
  // With another exit code than 0 this policy fills an empty message from the log: that is no result.
  if (container?.terminationMessagePolicy === 'FallbackToLogsOnError' && ended?.exitCode !== 0) return nothing;
  if (text.trim() === '') return nothing;
  const limit = Math.min(CONTAINER_BYTES, Math.floor(POD_BYTES / containersOf(pod)));
  const json = readAsJson(text);
  if (Buffer.byteLength(text) >= limit && json !== 'whole' && (asked || json !== 'no'))
    return trouble(
      'ResultTooLarge',
      `Kubernetes keeps ${limit} bytes of a termination message: use result.from 'log' or 'file' (up to 1 MiB), or ${ADVICE}`,
    );
  if (!asked && json !== 'whole' && json !== 'number') return noJson;
  return { found: 'text', text };
}

const noJson: Found = { found: 'nothing', where: 'its termination message (/dev/termination-log) is not JSON' };

const containersOf = ({ spec }: V1Pod) => (spec?.containers.length ?? 0) + (spec?.initContainers?.length ?? 0);

/**
 * `cut`: JSON as far as it goes. A number at its end can be the beginning of a longer one.
 *
 * JavaScript's parser says at which place JSON ended: when that is the end of the text, only more of it is missing.
 */
function readAsJson(text: string): 'whole' | 'number' | 'cut' | 'no' {
  try {
    return typeof JSON.parse(text) === 'number' && /\d$/.test(text) ? 'number' : 'whole';
  } catch (error) {
    const { message } = error as Error;
    const at = /at position (\d+)/.exec(message)?.[1];
    return message.startsWith('Unexpected end') || Number(at) >= text.length ? 'cut' : 'no';
  }
}
