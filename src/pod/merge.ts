/**
 * Layers of partial pods → one pod, pure. Kubernetes' own rules (strategic merge patch, with the merge keys of k8s.io/api
 * core/v1): objects merge, lists with a key merge by it, every other list is replaced, `null` removes.
 *
 * Two differences, both on purpose. `$patch: 'replace'` on an element of a keyed list replaces that element; Kubernetes would
 * empty the list. And where an object is one of several kinds (a volume, the source of a variable, a probe's action), the
 * later kind replaces the earlier one; Kubernetes would keep both and then refuse the pod.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { elementOf, fieldsOf, isObject, PATCH, shown, type Json } from './kubernetes-types.ts';

/** Message: path, what is wrong, and the value. */
export class MergeFault extends Error {}

const byName = ['name'];
/** Keyed lists, by the type and the field that holds them. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  'V1PodSpec.containers': byName,
  'V1PodSpec.initContainers': byName,
  'V1PodSpec.volumes': byName,
  'V1PodSpec.imagePullSecrets': byName,
  'V1PodSpec.schedulingGates': byName,
  'V1PodSpec.resourceClaims': byName,
  'V1PodSpec.hostAliases': ['ip'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'V1Container.env': byName,
  'V1Container.volumeMounts': ['mountPath'],
  'V1Container.volumeDevices': ['devicePath'],
  'V1Container.ports': ['containerPort', 'protocol'],
  'V1ResourceRequirements.claims': byName,
};
/** What a key is when an element does not say. */
const KEY_DEFAULTS: Readonly<Json> = { protocol: 'TCP' };

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
export const mergeLayers = (layers: readonly unknown[]): V1Pod =>
  layers.reduce<Json>((pod, layer) => (mergeValue(pod, layer, 'V1Pod', '') ?? {}) as Json, {});

/** Undefined: removed. `base` is without directives. */
function mergeValue(base: unknown, patch: unknown, type: string, path: string, keys?: readonly string[]): unknown {
  if (patch === undefined) return base;
  if (patch === null) return undefined;
  if (Array.isArray(patch)) {
    if (keys) return mergeList((base ?? []) as Json[], patch, elementOf(type), path, keys);
    if (fieldsOf(type)) throw fault(path, 'must be an object', patch);
    return patch.map((element, index) => replacement(element, elementOf(type), `${path}.${index}`));
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
      throw fault(`${path}.${PATCH}`, 'must be "delete", "replace" or "merge"', patch[PATCH]);
  }
}

function mergeObject(base: Json, patch: Json, type: string, path: string): Json {
  // A map, because a field may be called __proto__.
  const merged = new Map(Object.entries(base).filter(([field]) => !isReplaced(field, base, patch, type)));
  for (const [field, value] of Object.entries(patch)) {
    if (field === PATCH) continue;
    const itsType = fieldsOf(type)?.get(field) ?? elementOf(type);
    const below = path ? `${path}.${field}` : field;
    const result = mergeValue(merged.get(field), value, itsType, below, MERGE_KEYS[`${type}.${field}`]);
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
  path: string,
  keys: readonly string[],
) {
  const keyOf = (element: Json) => JSON.stringify(keys.map((key) => element[key] ?? KEY_DEFAULTS[key]));
  const isMarker = (element: unknown) =>
    isObject(element) && keys.every((key) => !(key in element)) && element[PATCH] === 'replace';
  const merged = new Map(patch.some(isMarker) ? [] : base.map((element) => [keyOf(element), element]));
  const said = new Set<string>();
  for (const [index, element] of patch.entries()) {
    if (isMarker(element)) continue;
    if (!isObject(element)) throw fault(`${path}.${index}`, 'must be an object', element);
    const lacking = keys.find((key) => (element[key] ?? KEY_DEFAULTS[key]) === undefined);
    if (lacking) throw fault(`${path}.${index}`, `has no ${lacking}, by which this list is merged`, element);
    const key = keyOf(element);
    const below = `${path}.${keys.map((one) => element[one] ?? KEY_DEFAULTS[one]).join('/')}`;
    if (said.has(key)) throw fault(below, 'is said twice', element);
    said.add(key);
    const result = mergeValue(merged.get(key), element, type, below);
    if (result === undefined) merged.delete(key);
    else merged.set(key, result as Json);
  }
  return [...merged.values()];
}

/** An element of a list that is replaced as a whole. */
function replacement(element: unknown, type: string, path: string): unknown {
  const copy = mergeValue(undefined, element, type, path);
  if (copy === undefined)
    throw fault(path, 'is removed, but this list has no key to remove by: give the whole list', element);
  return copy;
}

const fault = (path: string, what: string, value: unknown) => new MergeFault(`${path}: ${what}, got ${shown(value)}`);
