/** What `--spec` says: a part of a pod's spec, to be laid over the whole. */
import { usage } from '../common/problem.ts';
import type { SpecChange } from '../contract/index.ts';
import { readWords } from './arguments.ts';
import { assemble } from './params/assemble.ts';
import type { JsonSchema } from './params/json-schema.ts';

/** What is text however it looks: `env.LEVEL=3`. Of everything else `3` is a number. */
const TEXTS: JsonSchema = { additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
const SPEC: JsonSchema = {
  properties: {
    env: TEXTS,
    labels: TEXTS,
    annotations: TEXTS,
    nodeSelector: TEXTS,
    resources: { properties: { requests: TEXTS, limits: TEXTS } },
  },
};

/** @param texts objects as JSON or files, single keys as `key=value` on top. @throws Problem (2) */
export function readSpecChange(texts: readonly string[]): SpecChange {
  const { value, faults } = assemble(readWords(texts), SPEC);
  if (faults.length > 0) throw usage(`--spec is not valid, nothing was changed:\n  ${faults.join('\n  ')}`);
  return value as SpecChange;
}
