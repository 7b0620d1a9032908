/**
 * Kubernetes' own types, as client-node knows them. What it does not know it leaves out when it sends a pod, without a word; so
 * a misspelt field must be found here, or it is found by nobody.
 */
import * as models from '@kubernetes/client-node';
import { suggestion } from '../common/did-you-mean.ts';
import { isObject, type Json } from '../common/is-object.ts';
import { pathText, shown } from '../common/issue-text.ts';
import { writtenAs } from '../common/yaml.ts';
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

const elements = new Map<string, string>();

/** The type of a list's elements, or of a map's values. */
export function elementOf(type: string): string {
  let element = elements.get(type);
  if (element === undefined) {
    element = /^Array<(.*)>$/.exec(type)?.[1] ?? /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1] ?? 'any';
    elements.set(type, element);
  }
  return element;
}

/**
 * What of a (partial) pod Kubernetes would not understand: one line a fault, with path and value. `null` is understood.
 * @param written the value as its author wrote it, where the value alone does not tell
 */
export function* typeFaults(value: unknown, type: string, path = '', written?: string): Iterable<string> {
  if (value === undefined || value === null || type === 'any' || type === 'object') return;
  if (type.startsWith('Array<')) {
    if (!Array.isArray(value)) yield wrong(path, 'a list', value);
    else yield* elementFaults(value, elementOf(type), path);
    return;
  }
  const fields = fieldsOf(type);
  if (fields || type.startsWith('{')) {
    if (!isObject(value)) yield wrong(path, 'an object', value);
    else yield* fieldFaults(value, type, path);
    return;
  }
  const wanted = scalarWish(value, type);
  if (wanted) yield wrong(path, wanted, value, written);
}

function* elementFaults(list: readonly unknown[], type: string, path: string): Iterable<string> {
  const paths = elementPaths(path, list);
  for (const [at, element] of list.entries()) yield* typeFaults(element, type, paths[at], writtenAs(list, at));
}

function* fieldFaults(value: Json, type: string, path: string): Iterable<string> {
  const fields = fieldsOf(type);
  for (const [name, field] of Object.entries(value)) {
    if (name === PATCH) continue;
    const below = path ? `${path}.${pathText([name])}` : pathText([name]);
    const itsType = fields ? fields.get(name) : elementOf(type);
    if (itsType === undefined) yield unknownField(below, name, [...(fields?.keys() ?? [])]);
    else if (!(QUANTITIES.has(name) && (typeof field === 'number' || isNumbers(field))))
      yield* typeFaults(field, itsType, below, writtenAs(value, name));
  }
}

function scalarWish(value: unknown, type: string): string | undefined {
  if (type === 'IntOrString')
    return typeof value === 'string' || Number.isInteger(value) ? undefined : 'text or a number';
  if (type === 'number') return Number.isInteger(value) ? undefined : 'a whole number';
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  return typeof value === 'string' || value instanceof Date ? undefined : 'text';
}

const wrong = (path: string, wanted: string, value: unknown, written = shown(value)) =>
  `${path || 'the pod'}: must be ${wanted}, got ${written}`;

/** `{ cpu: 1 }`: as everybody writes it in YAML. */
const isNumbers = (value: unknown) =>
  isObject(value) &&
  Object.values(value).every((one) => typeof one === 'number' || typeof one === 'string' || one === null);

function unknownField(path: string, name: string, all: readonly string[]): string {
  return `${path}: is not a field that Kubernetes knows${suggestion(name, all, { as: String })}`;
}
