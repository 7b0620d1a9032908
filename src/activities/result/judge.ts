/** text → value, or what is wrong with it. Pure. */
import { runInNewContext } from 'node:vm';
import type { ResultSource } from '../../contract/index.ts';
import type { Found, ResultTrouble, Trouble } from './found.ts';
import { ADVICE, MAX_RESULT_BYTES } from './limits.ts';
import type { Schema } from '../../json-schema/keywords.ts';
import { schemaFaults, schemaProblems } from '../../json-schema/schema.ts';

/** A value and its JSON; `{}`: none was left, and none is required. */
export type Judged = { value: unknown; json: string } | { trouble: Trouble } | Record<never, never>;

export const isRequired = ({ from, required, schema }: ResultSource): boolean =>
  required ?? (from !== 'terminationMessage' || schema !== undefined);

export function judge(found: Found, source: ResultSource): Judged {
  if (found.found === 'trouble') return as(found.kind, found.message);
  if (found.found === 'nothing')
    return isRequired(source) ? as('ResultMissing', `result.from is '${source.from}', and ${found.where}`) : {};
  let value: unknown;
  let json: string;
  try {
    value = JSON.parse(found.text);
    // Also a check: what is nested too deep to be written was never to be read by the workflow.
    json = JSON.stringify(value, finite);
  } catch (error) {
    const why =
      error instanceof RangeError
        ? 'is nested too deep'
        : error instanceof TypeError
          ? 'has a number that is too large for JSON in JavaScript'
          : 'is not JSON';
    return as('ResultInvalid', `it ${why}; it begins with: ${found.text.trim().slice(0, 200)}`);
  }
  // A short number can be a long one in JSON: 1e20.
  const size = Math.max(Buffer.byteLength(found.text), Buffer.byteLength(json));
  if (size > MAX_RESULT_BYTES)
    return as('ResultTooLarge', `it has ${size} bytes as JSON, ${MAX_RESULT_BYTES} are the most: ${ADVICE}`);
  const faults = source.schema ? misfits(source.schema, value) : [];
  return faults.length > 0 ? as('ResultInvalid', faults.join('\n')) : { value, json };
}

/** 1e400 is read as Infinity, and would be written as null. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('not finite');
  return value;
}

/** The schema of a spec that an older worker let in may be one that cannot be used. */
function misfits(schema: Schema, value: unknown): string[] {
  const problems = schemaProblems(schema);
  if (problems.length > 0) return problems;
  try {
    const faults = bounded(() => schemaFaults(schema, value));
    return faults.length > 0 ? ['it does not fit result.schema:', ...faults] : [];
  } catch (error) {
    return [`it cannot be held against result.schema: ${String(error)}`];
  }
}

/**
 * A pattern can take for ever over a text that is made for it, and with it every heartbeat of this worker; here it is cut off.
 * @throws Error after 2 s
 */
const bounded = <T>(work: () => T): T => runInNewContext('work()', { work }, { timeout: 2_000 }) as T;

const as = (kind: ResultTrouble, message: string): Judged => ({ trouble: { kind, message } });
