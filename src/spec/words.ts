/** The smallest parts of a spec, each with the words for what it must be. */
import { z } from 'zod';
import { isTooBare, milliseconds, tooBareText } from '../common/duration.ts';
import { isObject } from '../common/is-object.ts';
import { elementText, shown } from '../common/issue-text.ts';
import { quantity } from '../common/quantity.ts';
import type { Duration } from '../contract/index.ts';
import { keysOf, keyValues, placed } from '../pod/walk.ts';

/** Ten years: dates, Temporal and Kubernetes have limits not far above. */
const LONGEST = 10 * 365.25 * 86_400_000;
/** Linux takes no longer argument and no longer variable (32 pages, with the zero at its end). */
export const LONGEST_TEXT = 131_071;

const A_LENGTH = 'is not a length of time (as "90s", "15m", "2h")';
export const duration = z
  .custom<Duration>((value) => lengthOf(value) !== undefined, { error: A_LENGTH, abort: true })
  .refine((value) => !isTooBare(value), {
    error: ({ input }) => tooBareText(input as Duration),
    abort: true,
  });

/** At least so many milliseconds. */
export const atLeast = (least: number, words: string) =>
  duration.refine((value) => (lengthOf(value) ?? least) >= least, { error: `must be ${words}`, abort: true });
export const positive = atLeast(Number.MIN_VALUE, 'longer than 0');

export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'is not a DNS label: a-z, 0-9 and -, at most 63');
/** What Kubernetes calls most objects by. */
export const objectName = z
  .string()
  .max(253, 'is longer than 253')
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'is not a name: a-z, 0-9, - and .');

export const quantities = z.record(
  z.string().min(1, 'is empty'),
  z.custom<string | null>(
    // As in a template, null takes away what a lower layer says.
    (value) => value === null || quantity(value) !== undefined,
    'is not a quantity (as "250m", "2", "512Mi")',
  ),
);

/** Of a command line: the kernel ends a text at its first zero. */
export const argument = z
  .string()
  .refine((text) => !text.includes('\0'), 'has a zero byte in it, which no program is given')
  .refine(
    (text) => Buffer.byteLength(text) <= LONGEST_TEXT,
    `is longer than the ${LONGEST_TEXT} bytes that Linux takes`,
  );

const OURS = /^(temporal-pods\/|app\.kubernetes\.io\/managed-by$)/;
const key = z
  .string()
  .regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/, 'is not a label or annotation key');
const ownKey = key.refine((one) => !OURS.test(one), 'is ours: it says whose pod this is');
const labelValue = z
  .string()
  .regex(/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/, 'is not a label value: at most 63 of A-Z a-z 0-9 . _ -')
  .nullable();

export const labels = z.record(ownKey, labelValue);
export const annotations = z.record(ownKey, z.string().nullable());
export const nodeLabels = z.record(key, labelValue);

/** Names of which none is there twice. */
export const distinct = <T extends z.ZodType<string>>(name: T) =>
  z.array(name).refine((all) => new Set(all).size === all.length, 'has a name twice');

/** Milliseconds; undefined when it is no length of time. */
export function lengthOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    const length = milliseconds(value);
    return length <= LONGEST ? length : undefined;
  } catch {
    return undefined;
  }
}

/** Two elements of the same key, or one without: neither could be merged. */
export function* keyFaults(path: string, list: unknown): Iterable<string> {
  const keys = keysOf(path);
  const seen = new Set<string>();
  for (const [at, element] of (Array.isArray(list) ? list : []).entries())
    if (element === null) yield `${path}${elementText(at)}: must be an object, got null`;
  for (const { path: at, item: element } of placed(path, list)) {
    if (element['$patch'] === 'replace' && keys.every((key) => element[key] === undefined)) continue;
    const values = keyValues(element, keys);
    const missing = keys.find((_, n) => values[n] === undefined || values[n] === '');
    if (missing) yield `${at}.${missing}: is missing, got ${shown(element)}`;
    else if (seen.has(JSON.stringify(values)))
      yield `${path}: has two entries with the same ${keys.join(' and ')}, got ${shown(values.join('/'))}`;
    seen.add(JSON.stringify(values));
  }
}

/** Amounts that are bytes: Kubernetes takes the `m` of `512m` for a thousandth, and half a byte for memory. */
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
