/**
 * JSON Schema (draft 2020-12, and what drafts 6 and 7 have in its place) against a value. Our own, since zod's `fromJSONSchema` leaves
 * unchecked what it does not know: keywords of a schema without `type`, required keys that are not in `properties`. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json } from '../common/is-object.ts';
import { elementText } from '../common/issue-text.ts';

export type Schema = boolean | Readonly<Record<string, unknown>>;

export interface Fault {
  path: string;
  /** What the schema wants there: `must be …`. */
  wish: string;
  value: unknown;
}

type Check = (rule: never, at: At) => Fault[];

/** A value in its place, and the schema that stands beside the rule. */
interface At {
  value: unknown;
  path: string;
  schema: Json;
  root: Schema;
}

/** @throws RangeError when schema and value are nested too deep, or the schema refers to itself in a circle */
export function faultsOf(schema: Schema, value: unknown, path = '', root: Schema = schema): Fault[] {
  if (schema === true) return [];
  if (schema === false) return [{ path, wish: 'must not be there', value }];
  const at = { value, path, schema, root };
  return Object.entries(schema).flatMap(([keyword, rule]) =>
    Object.hasOwn(CHECKS, keyword) ? (CHECKS[keyword]?.(rule as never, at) ?? []) : [],
  );
}

/** The schema that a local `$ref` names. */
export function referred(root: Schema, ref: string): Schema | undefined {
  if (!/^#(\/|$)/.test(ref)) return undefined;
  const keys = ref.split('/').slice(1);
  const found = keys
    .map(plainKey)
    .reduce<unknown>(
      (part, key) => (key !== undefined && (isObject(part) || Array.isArray(part)) ? own(part, key) : undefined),
      root,
    );
  return typeof found === 'boolean' || isObject(found) ? found : undefined;
}

/** @returns undefined for what is no encoding of any key, as `%` */
function plainKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

export const patternOf = (text: string) => new RegExp(text, 'u');

const own = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
const below = (path: string, key: string | number) =>
  typeof key === 'number' ? path + elementText(key) : path === '' ? key : `${path}.${key}`;
const inner = ({ root }: At, schema: Schema, value: unknown, path: string) => faultsOf(schema, value, path, root);
const here = ({ value, path, root }: At, schema: Schema) => faultsOf(schema, value, path, root);
const unless = (good: boolean, { value, path }: At, wish: string): Fault[] => (good ? [] : [{ path, wish, value }]);

/** A keyword says nothing about values of another type. */
const ofNumber =
  (good: (value: number, rule: number) => boolean, wish: string): Check =>
  (rule: number, at: At) =>
    unless(typeof at.value !== 'number' || good(at.value, rule), at, `${wish} ${rule}`);
const ofSize =
  (size: (value: unknown) => number | undefined, least: boolean, what: string): Check =>
  (rule: number, at: At) => {
    const now = size(at.value) ?? rule;
    return unless(least ? now >= rule : now <= rule, at, `must have at ${least ? 'least' : 'most'} ${rule} ${what}`);
  };
const items =
  (check: (rule: never, value: readonly unknown[], at: At) => Fault[]): Check =>
  (rule, at) =>
    Array.isArray(at.value) ? check(rule, at.value, at) : [];
const keys =
  (check: (rule: never, value: Json, at: At) => Fault[]): Check =>
  (rule, at) =>
    isObject(at.value) ? check(rule, at.value, at) : [];

const length = (value: unknown) => (typeof value === 'string' ? [...value].length : undefined);
const count = (value: unknown) => (Array.isArray(value) ? value.length : undefined);
const size = (value: unknown) => (isObject(value) ? Object.keys(value).length : undefined);

function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  return type === 'object' ? isObject(value) : typeof value === type;
}

const json = (value: unknown) => JSON.stringify(value);
const canonical = (value: unknown) =>
  JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
const isMultiple = (value: number, of: number) => Math.abs(value / of - Math.round(value / of)) < 1e-9;

export const CHECKS: Readonly<Record<string, Check>> = {
  type: (rule: string | string[], at) => {
    const types = [rule].flat();
    return unless(
      types.some((type) => isOfType(at.value, type)),
      at,
      `must be of type ${types.join(' or ')}`,
    );
  },
  enum: (rule: unknown[], at) =>
    unless(
      rule.some((one) => isDeepStrictEqual(one, at.value)),
      at,
      `must be one of ${rule.map(json).join(', ')}`,
    ),
  const: (rule: unknown, at) => unless(isDeepStrictEqual(rule, at.value), at, `must be ${json(rule)}`),

  minimum: ofNumber((value, rule) => value >= rule, 'must be at least'),
  maximum: ofNumber((value, rule) => value <= rule, 'must be at most'),
  exclusiveMinimum: ofNumber((value, rule) => value > rule, 'must be more than'),
  exclusiveMaximum: ofNumber((value, rule) => value < rule, 'must be less than'),
  multipleOf: ofNumber(isMultiple, 'must be a multiple of'),

  minLength: ofSize(length, true, 'characters'),
  maxLength: ofSize(length, false, 'characters'),
  pattern: (rule: string, at) =>
    unless(typeof at.value !== 'string' || patternOf(rule).test(at.value), at, `must match ${rule}`),

  minItems: ofSize(count, true, 'items'),
  maxItems: ofSize(count, false, 'items'),
  uniqueItems: items((rule: boolean, value, at) =>
    // By their text, not each with each: a list can have hundreds of thousands.
    unless(!rule || new Set(value.map(canonical)).size === value.length, at, 'must have no item twice'),
  ),
  prefixItems: items((rule: Schema[], value, at) =>
    rule.flatMap((schema, n) => (n < value.length ? inner(at, schema, value[n], below(at.path, n)) : [])),
  ),
  items: items((rule: Schema | Schema[], value, at) => {
    if (Array.isArray(rule)) return CHECKS['prefixItems']?.(rule as never, at) ?? [];
    const first = Array.isArray(at.schema['prefixItems']) ? at.schema['prefixItems'].length : 0;
    return value.slice(first).flatMap((one, n) => inner(at, rule, one, below(at.path, first + n)));
  }),
  additionalItems: items((rule: Schema, value, at) => {
    const first = Array.isArray(at.schema['items']) ? at.schema['items'].length : value.length;
    return value.slice(first).flatMap((one, n) => inner(at, rule, one, below(at.path, first + n)));
  }),
  contains: items((rule: Schema, value, at) => {
    const { minContains = 1, maxContains = Infinity } = at.schema as { minContains?: number; maxContains?: number };
    const fits = value.filter((one) => inner(at, rule, one, at.path).length === 0).length;
    return unless(
      fits >= minContains && fits <= maxContains,
      at,
      `must contain ${minContains} to ${maxContains} items that fit`,
    );
  }),

  minProperties: ofSize(size, true, 'keys'),
  maxProperties: ofSize(size, false, 'keys'),
  required: keys((rule: string[], value, { path }) =>
    rule
      .filter((key) => !Object.hasOwn(value, key))
      .map((key) => ({ path: below(path, key), wish: 'must be there', value: undefined })),
  ),
  properties: keys((rule: Record<string, Schema>, value, at) =>
    Object.entries(rule).flatMap(([key, schema]) =>
      Object.hasOwn(value, key) ? inner(at, schema, value[key], below(at.path, key)) : [],
    ),
  ),
  patternProperties: keys((rule: Record<string, Schema>, value, at) =>
    Object.entries(rule).flatMap(([pattern, schema]) =>
      Object.keys(value)
        .filter((key) => patternOf(pattern).test(key))
        .flatMap((key) => inner(at, schema, value[key], below(at.path, key))),
    ),
  ),
  additionalProperties: keys((rule: Schema, value, at) => {
    const { properties = {}, patternProperties = {} } = at.schema as {
      properties?: object;
      patternProperties?: object;
    };
    const patterns = Object.keys(patternProperties).map(patternOf);
    return Object.keys(value)
      .filter((key) => !Object.hasOwn(properties, key) && !patterns.some((pattern) => pattern.test(key)))
      .flatMap((key) => inner(at, rule, value[key], below(at.path, key)));
  }),
  propertyNames: keys((rule: Schema, value, at) =>
    Object.keys(value).flatMap((key) => inner(at, rule, key, `the key ${below(at.path, key)}`)),
  ),
  dependentRequired: keys((rule: Record<string, string[]>, value, at) =>
    Object.entries(rule).flatMap(([key, needed]) => (Object.hasOwn(value, key) ? here(at, { required: needed }) : [])),
  ),
  dependentSchemas: keys((rule: Record<string, Schema>, value, at) =>
    Object.entries(rule).flatMap(([key, schema]) => (Object.hasOwn(value, key) ? here(at, schema) : [])),
  ),

  $ref: (rule: string, at) => here(at, referred(at.root, rule) ?? false),
  allOf: (rule: Schema[], at) => rule.flatMap((schema) => here(at, schema)),
  anyOf: (rule: Schema[], at) => {
    const all = rule.map((schema) => here(at, schema));
    return all.some((faults) => faults.length === 0)
      ? []
      : unless(false, at, `must fit one of ${rule.length}: ${wishes(all)}`);
  },
  oneOf: (rule: Schema[], at) => {
    const all = rule.map((schema) => here(at, schema));
    const fits = all.filter((faults) => faults.length === 0).length;
    return unless(
      fits === 1,
      at,
      `must fit exactly one of ${rule.length}, fits ${fits}${fits === 0 ? `: ${wishes(all)}` : ''}`,
    );
  },
  not: (rule: Schema, at) => unless(here(at, rule).length > 0, at, `must not fit ${json(rule)}`),
  if: (rule: Schema, at) =>
    here(at, (at.schema[here(at, rule).length === 0 ? 'then' : 'else'] as Schema | undefined) ?? true),
};

const wishes = (all: Fault[][]) => all.map(([first]) => first?.wish).join(', or ');
