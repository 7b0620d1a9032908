/** The termination message of the main container as its result. */
import type { V1Pod } from '@kubernetes/client-node';
import { statusOf } from '../pod/containers.ts';
import { trouble, type Found } from './found.ts';
import { ADVICE } from './limits.ts';

/** Kubernetes keeps so much of one container, and of all of a pod's together, init containers included. */
const CONTAINER_BYTES = 4096;
const POD_BYTES = 12 * 1024;

export function fromMessage(pod: V1Pod, main: string): Found {
  const nothing: Found = { found: 'nothing', where: 'its termination message (/dev/termination-log) is empty' };
  const ended = statusOf(pod, main)?.state?.terminated;
  const text = ended?.message ?? '';
  const container = pod.spec?.containers.find(({ name }) => name === main);
  // With another exit code than 0 this policy fills an empty message from the log: that is no result.
  if (container?.terminationMessagePolicy === 'FallbackToLogsOnError' && ended?.exitCode !== 0) return nothing;
  if (text.trim() === '') return nothing;
  const limit = Math.min(CONTAINER_BYTES, Math.floor(POD_BYTES / containersOf(pod)));
  return Buffer.byteLength(text) >= limit && !isJson(text)
    ? trouble(
        'ResultTooLarge',
        `Kubernetes keeps ${limit} bytes of a termination message: use result.from 'log' or 'file' (up to 1 MiB), or ${ADVICE}`,
      )
    : { found: 'text', text };
}

const containersOf = ({ spec }: V1Pod) => (spec?.containers.length ?? 0) + (spec?.initContainers?.length ?? 0);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
