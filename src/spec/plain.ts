/** What can be sent at all: plain JSON, not endless, and not more than Temporal and etcd like to carry. */

import { pathText } from '../common/issue-text.ts';

/** Temporal warns about larger payloads; etcd takes no object of more than 1.5 MiB, and the manifest is larger than the spec. */
const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 64;

/** One line a fault, with path and value; the rest of the checks need not care when there is one. */
export function plainFaults(spec: unknown): string[] {
  const seen = new Walk();
  seen.visit(spec, []);
  if (seen.bytes > MAX_BYTES)
    seen.faults.push(
      `spec: is too large for a history: ${seen.isWhole ? seen.bytes : `more than ${MAX_BYTES}`} bytes as JSON, at most ${MAX_BYTES}; ` +
        'large values belong in a ConfigMap, a volume or the image',
    );
  return seen.faults;
}

const FAULTS = 20;

class Walk {
  readonly faults: string[] = [];
  bytes = 0;
  isWhole = true;
  readonly #above = new Set<object>();

  visit(value: unknown, path: readonly PropertyKey[]): void {
    // A few shared objects can unfold into more than there is memory for.
    if (this.bytes > 4 * MAX_BYTES || this.faults.length >= FAULTS) {
      this.isWhole = false;
      return;
    }
    const wrong = what(value);
    if (wrong) this.#say(path, wrong);
    else if (typeof value !== 'object' || value === null)
      this.bytes += value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    else if (this.#above.has(value)) this.#say(path, 'contains itself');
    else if (path.length >= MAX_DEPTH) this.#say(path, `is nested more than ${MAX_DEPTH} levels deep`);
    else this.#inside(value, path);
  }

  #inside(value: object, path: readonly PropertyKey[]): void {
    this.#above.add(value);
    this.bytes += 2;
    for (const [key, item] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (item === undefined && Array.isArray(value)) this.#say(at, 'must be a value, got nothing');
      if (item === undefined) continue;
      this.bytes += 1 + (Array.isArray(value) ? 0 : Buffer.byteLength(JSON.stringify(key)) + 1);
      this.visit(item, at);
    }
    this.#above.delete(value);
  }

  #say(path: readonly PropertyKey[], what: string): void {
    this.faults.push(`${pathText(path)}: ${what}`);
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
