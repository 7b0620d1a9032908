/**
 * Kubernetes' own types, as client-node knows them. What it does not know it leaves out when it sends a pod, without a word; so
 * a misspelt field must be found here, or it is found by nobody.
 */
import * as models from '@kubernetes/client-node';
import { suggestion } from '../common/did-you-mean.ts';
import { isObject } from '../common/is-object.ts';
import { pathText, shown } from '../common/issue-text.ts';
import { elementPaths } from './walk.ts';

/** Directive of a merge: `delete`, `replace` or `merge`. */
export const PATCH = '$patch';

/** What Kubernetes takes as a quantity: also a bare number. */
const QUANTITIES = new Set(['limits', 'requests', 'overhead', 'sizeLimit', 'divisor']);

const known = new Map<string, ReadonlyMap<string, string> | undefined>();

/** Fields of a type, each with its type; undefined when it is no object with fixed fields. */
export function fieldsOf(type: string): ReadonlyMap<string, string> | undefined {
  if (!known.has(type)) {
    const model = (
      models as unknown as Record<string, { getAttributeTypeMap?: () => { name: string; type: string }[] }>
    )[type];
    const map = model?.getAttributeTypeMap?.();
    known.set(type, map && new Map(map.map((field) => [field.name, field.type])));
  }
  return known.get(type);
}

/** The type of a list's elements, or of a map's values. */
export const elementOf = (type: string): string =>
  /^Array<(.*)>$/.exec(type)?.[1] ?? /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1] ?? 'any';

/** What of a (partial) pod Kubernetes would not understand: one line a fault, with path and value. `null` is understood. */
export function typeFaults(value: unknown, type: string, path = ''): string[] {
  if (value === undefined || value === null || type === 'any' || type === 'object') return [];
  const wrong = (wanted: string) => [`${path || 'the pod'}: must be ${wanted}, got ${shown(value)}`];
  const below = (field: string) => (path ? `${path}.${pathText([field])}` : pathText([field]));
  if (type.startsWith('Array<')) {
    if (!Array.isArray(value)) return wrong('a list');
    const paths = elementPaths(path, value);
    return value.flatMap((element, at) => typeFaults(element, elementOf(type), paths[at]));
  }
  const fields = fieldsOf(type);
  if (fields || type.startsWith('{')) {
    if (!isObject(value)) return wrong('an object');
    return Object.entries(value).flatMap(([name, field]) => {
      if (name === PATCH) return [];
      const itsType = fields ? fields.get(name) : elementOf(type);
      if (itsType === undefined) return [unknownField(below(name), name, [...(fields?.keys() ?? [])])];
      if (QUANTITIES.has(name) && (typeof field === 'number' || isNumbers(field))) return [];
      return typeFaults(field, itsType, below(name));
    });
  }
  if (type === 'IntOrString')
    return typeof value === 'string' || Number.isInteger(value) ? [] : wrong('text or a number');
  if (type === 'number') return Number.isInteger(value) ? [] : wrong('a whole number');
  if (type === 'boolean') return typeof value === 'boolean' ? [] : wrong('true or false');
  return typeof value === 'string' || value instanceof Date ? [] : wrong('text');
}

/** `{ cpu: 1 }`: as everybody writes it in YAML. */
const isNumbers = (value: unknown) =>
  isObject(value) &&
  Object.values(value).every((one) => typeof one === 'number' || typeof one === 'string' || one === null);

function unknownField(path: string, name: string, all: readonly string[]): string {
  return `${path}: is not a field that Kubernetes knows${suggestion(name, all, { as: String })}`;
}
