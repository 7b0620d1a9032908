/** The termination message of the main container as its result. */
import type { V1Pod } from '@kubernetes/client-node';
import { statusOf } from '../../pod/status.ts';
import { ADVICE, trouble, type Found } from './found.ts';

/** Kubernetes keeps so much of one container, from the end, and of all of a pod's together, init containers included. */
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
  if (!asked && json !== 'whole' && json !== 'number')
    return looksLikeJson(text)
      ? { ...noJson, problem: `the termination message ${ALMOST}: ${text.trim().slice(0, 100)}` }
      : noJson;
  return { found: 'text', text };
}

const ALMOST = 'looks like JSON, but is none, so it is no result';

const looksLikeJson = (text: string) => /^\s*(\{.*\}|\[.*\])\s*$/s.test(text);

const noJson = { found: 'nothing', where: 'its termination message (/dev/termination-log) is not JSON' } as const;

const containersOf = ({ spec }: V1Pod) => (spec?.containers.length ?? 0) + (spec?.initContainers?.length ?? 0);

/** `end`: what is left of JSON whose beginning was cut off, or a text that looks just like it. A number may have lost digits. */
function readAsJson(text: string): 'whole' | 'number' | 'end' | 'no' {
  try {
    return typeof JSON.parse(text) === 'number' ? 'number' : 'whole';
  } catch {
    return LAST.test(text) && (REST.test(text) || REST_OF_TEXT.test(text)) ? 'end' : 'no';
  }
}

/** What JSON of more than a word ends with. */
const LAST = /[}\]"]\s*$/;
const TOKENS = String.raw`(?:[\s{}[\]:,\d.+\-eE]|true|false|null|"(?:[^"\\\n]|\\.)*")*`;
/** Cut between two tokens, or in one that is no text. */
const REST = new RegExp(`^[a-z]{0,4}${TOKENS}$`);
/** Cut in a text, maybe between a backslash and what it escapes. */
const REST_OF_TEXT = new RegExp(String.raw`^"?(?:[^"\\\n]|\\.)*"${TOKENS}$`);
