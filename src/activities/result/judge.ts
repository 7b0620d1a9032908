/** text → value, or what is wrong with it. */
import type { ResultSource } from '../../contract/index.ts';
import { MAX_RESULT_BYTES } from '../../contract/defaults.ts';
import { ADVICE, type Found, type ResultTrouble, type Trouble } from './found.ts';
import { misfits } from '../../json-schema/misfits.ts';

/** A value and its JSON; the last: none was left, and none is required. */
export type Judged = { value: unknown; json: string } | { trouble: Trouble } | { problem?: string };

export const isRequired = ({ from, required, schema }: ResultSource): boolean =>
  required ?? (from !== 'terminationMessage' || schema !== undefined);

export async function judge(found: Found, source: ResultSource): Promise<Judged> {
  if (found.found === 'trouble') return as(found.kind, found.message);
  if (found.found === 'nothing')
    return isRequired(source)
      ? as('ResultMissing', `result.from is '${source.from}', and ${found.where}`)
      : found.problem
        ? { problem: found.problem }
        : {};
  let value: unknown;
  let json: string;
  try {
    value = JSON.parse(found.text, LONG_NUMBER.test(found.text) ? exact : undefined);
    // Also a check: what is nested too deep to be written was never to be read by the workflow.
    json = JSON.stringify(value, finite);
  } catch (error) {
    if (error instanceof Rounded) return as('ResultInvalid', error.message);
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
  const faults = source.schema ? await misfits(source.schema, json) : [];
  return faults.length > 0 ? as('ResultInvalid', faults.join('\n')) : { value, json };
}

class Rounded extends Error {}

/** Only then is each value looked at, which costs more than to read them. */
const LONG_NUMBER = /\d{16}/;

/** A number with a fraction or an exponent was never exact; a whole one, such as an id, would name something else. */
function exact(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if (typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) && Number.isFinite(value))
    if (String(value) !== source && BigInt(source) !== BigInt(value))
      throw new Rounded(`it has the number ${source}, which JavaScript would round: write it as text`);
  return value;
}

/** 1e400 is read as Infinity, and would be written as null. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('not finite');
  return value;
}

const as = (kind: ResultTrouble, message: string): Judged => ({ trouble: { kind, message } });
