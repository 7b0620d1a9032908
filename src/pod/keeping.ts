/** Which pods are left behind on purpose, and until when, pure. */
import type { V1Pod } from '@kubernetes/client-node';
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_KEEP, LONGEST_KEEP } from '../contract/defaults.ts';
import type { OutcomeKind, PodSpec } from '../contract/index.ts';
import { ANNOTATION } from './identity.ts';

const LONGEST_KEEP_MS = milliseconds(LONGEST_KEEP);
/** Clocks of workers differ, and so do the moments at which they look. */
const CLOCKS_DIFFER = milliseconds('1h');
/** The time begins when the workflow hears of the failure; the pod must outlive it, or there is nothing to look at. */
const DEBUG_SLACK = milliseconds('1h');

/**
 * How long, in ms, a pod that ended like this is kept once it is over; undefined: not at all.
 *
 * @param unstored it alone has the end of its log
 */
export function keptFor(
  { onFinish, keepFor, keepForDebug }: PodSpec,
  kind: OutcomeKind,
  unstored = false,
): number | undefined {
  const failed = kind !== 'Succeeded' && kind !== 'Skipped';
  const lengths = [
    ...(unstored || onFinish === 'keep' || (onFinish === 'keepFailed' && failed)
      ? [milliseconds(keepFor ?? DEFAULT_KEEP)]
      : []),
    ...(failed && keepForDebug !== undefined ? [milliseconds(keepForDebug) + DEBUG_SLACK] : []),
  ];
  return lengths.length > 0 ? Math.min(Math.max(...lengths), LONGEST_KEEP_MS) : undefined;
}

/** How long, in ms, the pod of a cancelled task is left to run on (`onCancel: 'keep'`). */
export const runsOnFor = ({ keepFor }: PodSpec): number =>
  Math.min(milliseconds(keepFor ?? DEFAULT_KEEP), LONGEST_KEEP_MS);

export const untilAfter = (ms: number, now = Date.now()): string => new Date(now + ms).toISOString();

/** `undefined`: nobody wanted to keep it. A time that cannot be read, or that nobody of ours can have meant, is over. */
export function keepOf(pod: V1Pod, now: number): 'kept' | 'over' | undefined {
  const text = pod.metadata?.annotations?.[ANNOTATION.keepUntil];
  if (text === undefined) return undefined;
  const until = Date.parse(text);
  return until > now && until <= now + LONGEST_KEEP_MS + CLOCKS_DIFFER ? 'kept' : 'over';
}
