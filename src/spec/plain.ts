/** What can be sent at all: plain JSON, not endless, and not more than Temporal and etcd like to carry. */

import { pathText } from '../common/issue-text.ts';

/** Temporal warns about larger payloads; etcd takes no object of more than 1.5 MiB, and the manifest is larger than the spec. */
const MAX_BYTES = 256 * 1024;
/** Fields and elements: what each costs to check, merge and judge is time of the one thread that all pods of a worker share. */
const MAX_VALUES = 5_000;
const MAX_DEPTH = 64;
const FAULTS = 20;

/** One line a fault, with path and value; the rest of the checks need not care when there is one. */
export function plainFaults(spec: unknown): string[] {
  const walk = new Walk();
  walk.visit(spec);
  const { faults, values, bytes } = walk;
  const size = `${values > MAX_VALUES ? `more than ${MAX_VALUES} values` : `${bytes} bytes as JSON`}`;
  if (values > MAX_VALUES || bytes > MAX_BYTES)
    faults.push(
      `spec: is too large: ${size}, at most ${MAX_BYTES} bytes and ${MAX_VALUES} values; ` +
        'large values belong in a ConfigMap, a volume or the image',
    );
  return faults;
}

class Walk {
  readonly faults: string[] = [];
  bytes = 0;
  values = 0;
  readonly #path: PropertyKey[] = [];
  readonly #above = new Set<object>();

  visit(value: unknown): void {
    this.values++;
    const wrong = what(value);
    if (wrong) this.#say(wrong);
    else if (typeof value !== 'object' || value === null)
      this.bytes += value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    else if (this.#above.has(value)) this.#say('contains itself');
    else if (this.#path.length >= MAX_DEPTH) this.#say(`is nested more than ${MAX_DEPTH} levels deep`);
    else this.#inside(value);
  }

  #inside(value: object): void {
    const isList = Array.isArray(value);
    this.#above.add(value);
    this.bytes += 2;
    for (const key of isList ? value.keys() : Object.keys(value)) {
      // A few shared objects can unfold into more than there is memory for.
      if (this.values > MAX_VALUES || this.faults.length >= FAULTS) break;
      const item = (value as Record<PropertyKey, unknown>)[key];
      this.#path.push(key);
      if (item === undefined && isList) this.#say('must be a value, got nothing');
      if (item !== undefined) {
        this.bytes += 1 + (isList ? 0 : Buffer.byteLength(JSON.stringify(key)) + 1);
        this.visit(item);
      }
      this.#path.pop();
    }
    this.#above.delete(value);
  }

  #say(what: string): void {
    this.faults.push(`${pathText(this.#path)}: ${what}`);
  }
}

/** What would arrive as something else, or not at all. */
function what(value: unknown): string | undefined {
  switch (typeof value) {
    case 'function':
    case 'symbol':
    case 'bigint':
      return `must be plain JSON, got a ${typeof value}`;
    case 'number':
      return Number.isFinite(value) ? undefined : `must be a number, got ${value}`;
    case 'object':
      return isPlain(value) ? undefined : 'must be plain JSON, got an object of a class';
    default:
      return undefined;
  }
}

/** Also of another realm, as the workflow sandbox is one. */
function isPlain(value: object | null): boolean {
  if (value === null || Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
