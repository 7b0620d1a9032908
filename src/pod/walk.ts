/**
 * The one walk over the parts of a pod, for all who judge one: an author's spec, the manifest made of it, the operator's policy. It tells
 * where each part stands, in one notation (see `pathText`): `spec.containers[base].volumeMounts[/data]`. The pod may be anything an
 * author wrote; what has the wrong form is passed over here, since `typeFaults` or the API server refuses it.
 */
import type { V1Container, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { isObject, type Json } from '../common/is-object.ts';
import { elementText } from '../common/issue-text.ts';

/**
 * Lists in which Kubernetes knows an element by a key (the merge keys of k8s.io/api core/v1), by the field that holds them: no other
 * field of a pod is called so.
 */
export const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  imagePullSecrets: ['name'],
  schedulingGates: ['name'],
  resourceClaims: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  ports: ['containerPort', 'protocol'],
  claims: ['name'],
};
/** What a key is when an element does not say. */
const KEY_DEFAULTS: Readonly<Json> = { protocol: 'TCP' };

/** Those of the list at a path, which ends in the name of a field. */
export const keysOf = (path: string): readonly string[] => LIST_KEYS[path.slice(path.lastIndexOf('.') + 1)] ?? [];

/** What an element says for each of the keys. */
export const keyValues = (element: Json, keys: readonly string[]): unknown[] =>
  keys.map((key) => element[key] ?? KEY_DEFAULTS[key]);

/** `8080/TCP`; undefined when the element has no key, or one that is no text. */
function keyOf(element: unknown, keys: readonly string[]): string | undefined {
  if (!isObject(element)) return undefined;
  const values = keyValues(element, keys);
  const isKey = (value: unknown) => (typeof value === 'string' && value !== '') || typeof value === 'number';
  return values.length > 0 && values.every(isKey) ? values.join('/') : undefined;
}

/** The paths of a list's elements: by key; by place where there is none, or where two have the same. */
export function elementPaths(path: string, list: readonly unknown[]): string[] {
  const keys = keysOf(path);
  const known = list.map((element) => keyOf(element, keys));
  const times = new Map<string | undefined, number>();
  for (const key of known) times.set(key, (times.get(key) ?? 0) + 1);
  return known.map((key, at) => path + elementText(key !== undefined && times.get(key) === 1 ? key : at));
}

export interface Placed<T> {
  /** `spec.initContainers[fetch]`. */
  path: string;
  item: T;
}

/** The objects of a list, with where they stand. @param path ends in the name of the field that holds the list */
export function placed<T>(path: string, list: readonly T[] | null | undefined): Placed<T>[];
export function placed(path: string, list: unknown): Placed<Json>[];
export function placed(path: string, list: unknown): Placed<unknown>[] {
  if (!Array.isArray(list)) return [];
  const paths = elementPaths(path, list);
  return list.flatMap((item, at) => (isObject(item) ? [{ path: paths[at] ?? path, item }] : []));
}

/** The same without the places. */
export const objectsIn = (list: unknown): Json[] => (Array.isArray(list) ? list.filter(isObject) : []);

const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

export interface PlacedContainer extends Placed<V1Container> {
  field: (typeof CONTAINERS)[number];
}

/** All that run or may run: init containers and sidecars too, and those that no new pod may have. */
export const containersOf = (spec: V1PodSpec | undefined, at = 'spec'): PlacedContainer[] =>
  CONTAINERS.flatMap((field) => placed<V1Container>(`${at}.${field}`, spec?.[field]).map((one) => ({ ...one, field })));

export const volumesOf = (spec: V1PodSpec | undefined, at = 'spec'): Placed<V1Volume>[] =>
  placed(`${at}.volumes`, spec?.volumes);

/** Every value below, with the field it stands in; the elements of a list stand in the list's. */
export function* valuesOf(
  path: string,
  value: unknown,
  field = '',
): Iterable<{ field: string; path: string; value: unknown }> {
  if (Array.isArray(value)) {
    const paths = elementPaths(path, value);
    for (const [at, item] of value.entries()) yield* valuesOf(paths[at] ?? path, item, field);
    return;
  }
  if (value === undefined || value === null) return;
  if (field) yield { field, path, value };
  if (isObject(value)) for (const [next, item] of Object.entries(value)) yield* valuesOf(`${path}.${next}`, item, next);
}
