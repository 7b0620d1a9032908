/**
 * Layers of partial pods → one pod, pure. Kubernetes' own rules (strategic merge patch, with the merge keys of k8s.io/api
 * core/v1): objects merge, lists with a key merge by it, every other list is replaced, `null` removes.
 *
 * Two differences, both on purpose. `$patch: 'replace'` on an element of a keyed list replaces that element; Kubernetes would
 * empty the list. And where an object is one of several kinds (a volume, the source of a variable, a probe's action), the
 * later kind replaces the earlier one; Kubernetes would keep both and then refuse the pod.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { isObject, type Json } from '../common/is-object.ts';
import { elementText, pathText, shown } from '../common/issue-text.ts';
import { elementOf, fieldsOf, PATCH } from './kubernetes-types.ts';
import { keyValues, LIST_KEYS } from './walk.ts';

/** Message: path, what is wrong, and the value. */
export class MergeFault extends Error {}

/** Objects of which only one of these fields may be set. */
const KINDS: Readonly<Record<string, (field: string) => boolean>> = {
  V1Volume: (field) => field !== 'name',
  V1PodResourceClaim: (field) => field !== 'name',
  V1EnvVar: (field) => field !== 'name',
  V1EnvVarSource: () => true,
  V1LifecycleHandler: () => true,
  V1Probe: (field) => ['exec', 'grpc', 'httpGet', 'tcpSocket'].includes(field),
};
/** Objects whose `type` says whether this other field may be there. */
const TYPED: Readonly<Record<string, string>> = {
  V1SeccompProfile: 'localhostProfile',
  V1AppArmorProfile: 'localhostProfile',
};

/**
 * The lowest layer first. The result shares nothing with the layers and holds no `null` and no `$patch`.
 * @throws MergeFault
 */
export const mergeLayers = (layers: readonly unknown[]): V1Pod => layers.reduce<V1Pod>(mergeOver, {});

/** One layer more. What it does not touch is shared with `pod`, which holds no `null` and no `$patch`. @throws MergeFault */
export const mergeOver = (pod: V1Pod, layer: unknown): V1Pod => mergeValue(pod, layer, 'V1Pod', () => '') ?? {};

/** Where a value stands. Text only when it is told: to write it for each of thousands of values is most of a merge. */
type Place = () => string;

/** Undefined: removed. `base` is without directives. */
function mergeValue(base: unknown, patch: unknown, type: string, path: Place, keys?: readonly string[]): unknown {
  if (patch === undefined) return base;
  if (patch === null) return undefined;
  if (Array.isArray(patch)) {
    if (keys) return mergeList((base ?? []) as Json[], patch, elementOf(type), path, keys);
    if (fieldsOf(type)) throw fault(path, 'must be an object', patch);
    return patch.map((element, index) => replacement(element, elementOf(type), () => path() + elementText(index)));
  }
  if (keys) throw fault(path, 'must be a list', patch);
  if (!isObject(patch)) return patch;
  switch (patch[PATCH]) {
    case 'delete':
      return undefined;
    case 'replace':
      return mergeObject({}, patch, type, path);
    case 'merge':
    case undefined:
      return mergeObject(isObject(base) ? base : {}, patch, type, path);
    default:
      throw fault(() => `${path()}.${PATCH}`, 'must be "delete", "replace" or "merge"', patch[PATCH]);
  }
}

function mergeObject(base: Json, patch: Json, type: string, path: Place): Json {
  const fields = fieldsOf(type);
  // A map, because a field may be called __proto__.
  const merged = new Map(Object.entries(base).filter(([field]) => !isReplaced(field, base, patch, type)));
  for (const [field, value] of Object.entries(patch)) {
    if (field === PATCH) continue;
    const below = () => [path(), pathText([field])].filter((text) => text !== '').join('.');
    // A key of a free map, as a label, may be called like a list.
    const keys = fields && LIST_KEYS[field];
    const result = mergeValue(merged.get(field), value, fields?.get(field) ?? elementOf(type), below, keys);
    if (result === undefined) merged.delete(field);
    else merged.set(field, result);
  }
  return Object.fromEntries(merged);
}

/** Whether the patch says something else in the place of this field. */
function isReplaced(field: string, base: Json, patch: Json, type: string): boolean {
  const isKind = KINDS[type];
  const says = (one: string) => patch[one] !== undefined && patch[one] !== null;
  if (isKind?.(field) && !says(field))
    return Object.keys(patch).some((other) => other !== PATCH && isKind(other) && says(other));
  return field === TYPED[type] && says('type') && patch['type'] !== base['type'];
}

/** Elements keep the place in which they were first named. */
function mergeList(
  base: readonly Json[],
  patch: readonly unknown[],
  type: string,
  path: Place,
  keys: readonly string[],
) {
  const keyOf = (element: Json) => JSON.stringify(keyValues(element, keys));
  const isMarker = (element: unknown) =>
    isObject(element) && keys.every((key) => !(key in element)) && element[PATCH] === 'replace';
  const merged = new Map(patch.some(isMarker) ? [] : base.map((element) => [keyOf(element), element]));
  const said = new Set<string>();
  for (const [index, element] of patch.entries()) {
    if (isMarker(element)) continue;
    const place = () => path() + elementText(index);
    if (!isObject(element)) throw fault(place, 'must be an object', element);
    const values = keyValues(element, keys);
    const lacking = keys.find((_, at) => values[at] === undefined);
    if (lacking) throw fault(place, `has no ${lacking}, by which this list is merged`, element);
    const key = keyOf(element);
    const below = () => path() + elementText(values.join('/'));
    if (said.has(key)) throw fault(below, 'is said twice', element);
    said.add(key);
    const result = mergeValue(merged.get(key), element, type, below);
    if (result === undefined) merged.delete(key);
    else merged.set(key, result as Json);
  }
  return [...merged.values()];
}

/** An element of a list that is replaced as a whole. */
function replacement(element: unknown, type: string, path: Place): unknown {
  const copy = mergeValue(undefined, element, type, path);
  if (copy === undefined)
    throw fault(path, 'is removed, but this list has no key to remove by: give the whole list', element);
  return copy;
}

const fault = (place: Place, what: string, value: unknown) =>
  new MergeFault(`${place()}: ${what}, got ${shown(value)}`);
