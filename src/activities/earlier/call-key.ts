/** Which call of `runPod` is which, over runs: the same task, the same call, and the same asked for. Pure. */
import { createHash } from 'node:crypto';
import type { RunPodInput } from '../../contract/index.ts';

/** Undefined for an input that does not tell which call it is, as older ones do not: nothing can be proven of it. */
export function callKey({ task, call, spec, asked }: RunPodInput): string | undefined {
  if (call === undefined) return undefined;
  return createHash('sha256')
    .update(sortedJson([task, call, asked ?? spec]))
    .digest('base64');
}

/** JSON in which the order of names does not matter. */
const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
