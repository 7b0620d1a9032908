/** Lists in which Kubernetes knows an element by its key. */
import { isObject } from './shape.ts';
import { pathText, shown } from './explain.ts';

export type Element = Record<string, unknown>;

/** Not a list, or no objects in it: that is for `typeFaults` to say. */
export const elements = (list: unknown): Element[] => (Array.isArray(list) ? list.filter(isObject) : []);

/** `template.spec.containers.proxy`, or its place where it has no name. */
export const pathOf = (path: string, { name }: Element, at: number): string =>
  `${path}.${pathText([typeof name === 'string' && name ? name : at])}`;

export const isRemoved = (element: Element): boolean => element['$patch'] === 'delete';

/** Two elements of the same key, or one without: neither could be merged. */
export function* keyFaults(
  path: string,
  list: unknown,
  keys: readonly string[],
  defaults: Element = {},
): Iterable<string> {
  const seen = new Set<string>();
  for (const [at, element] of (Array.isArray(list) ? list : []).entries())
    if (element === null) yield `${path}.${at}: must be an object, got null`;
  for (const [at, element] of elements(list).entries()) {
    if (element['$patch'] === 'replace' && keys.every((key) => element[key] === undefined)) continue;
    const values = keys.map((key) => element[key] ?? defaults[key]);
    const missing = keys.find((_, n) => values[n] === undefined || values[n] === '');
    if (missing) yield `${path}.${at}.${missing}: is missing, got ${shown(element)}`;
    else if (seen.has(JSON.stringify(values)))
      yield `${path}: has two entries with the same ${keys.join(' and ')}, got ${shown(values.join('/'))}`;
    seen.add(JSON.stringify(values));
  }
}
