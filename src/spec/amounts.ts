/** Amounts that are bytes: Kubernetes takes the `m` of `512m` for a thousandth, and half a byte for memory. */
import { quantity } from '../common/quantity.ts';
import { shown } from './explain.ts';
import { isObject } from './shape.ts';

const BYTES = /^(memory|ephemeral-storage|hugepages-.+)$/;
/** In what `quantity` counts. */
const ONE = 1_000_000_000n;

/** Of requests and limits. What is no quantity at all is said elsewhere. */
export function* amountFaults(at: string, resources: unknown): Iterable<string> {
  if (!isObject(resources)) return;
  for (const kind of ['requests', 'limits'])
    for (const [name, value] of Object.entries(isObject(resources[kind]) ? resources[kind] : {}))
      if (BYTES.test(name)) yield* bytesFaults(`${at}.${kind}.${name}`, value);
}

export function* bytesFaults(at: string, value: unknown): Iterable<string> {
  const amount = quantity(value);
  if (amount === undefined || amount % ONE === 0n) return;
  const what = amount < ONE ? 'is less than a byte' : 'is not a whole number of bytes';
  const meant = /^(.+)m$/.exec(String(value))?.[1];
  const hint = meant === undefined ? '' : `; m is a thousandth, did you mean "${meant}Mi"?`;
  yield `${at}: ${what}, got ${shown(value)}${hint}`;
}
