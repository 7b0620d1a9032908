import { posix } from 'node:path';
import type {
  V1HostPathVolumeSource,
  V1PersistentVolumeClaimTemplate,
  V1Pod,
  V1TypedObjectReference,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { containersOf, placed, volumesOf, type Placed } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { allowsAll, entries, fault, keys, matches, mustAllowAll, mustBeOneOf, textOf } from './verdict.ts';

export function* volumeFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  const mounts = mountsOf(pod);
  const namespace = textOf(pod.metadata?.namespace, 'default');
  for (const { path, item } of volumesOf(pod.spec)) {
    for (const type of keys(item)) {
      if (type === 'hostPath')
        yield* hostPathFaults(rules, mounts.get(item.name) ?? [], `${path}.hostPath`, item.hostPath);
      else if (type !== 'name') yield* mustBeOneOf('volumeTypes', path, type, rules.volumeTypes);
    }
    const { persistentVolumeClaim: claim, csi } = item;
    if (claim)
      yield* mustBeOneOf(
        'persistentVolumeClaims',
        `${path}.persistentVolumeClaim.claimName`,
        textOf(claim.claimName),
        rules.persistentVolumeClaims,
      );
    const template = item.ephemeral?.volumeClaimTemplate;
    if (template) yield* claimFaults(rules, namespace, `${path}.ephemeral.volumeClaimTemplate`, template);
    if (csi) yield* mustBeOneOf('csiDrivers', `${path}.csi.driver`, textOf(csi.driver), rules.csiDrivers);
  }
  for (const { path, item } of placed('spec.resourceClaims', pod.spec?.resourceClaims))
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const)
      if (item[field] !== undefined && item[field] !== null)
        yield* mustBeOneOf('resourceClaims', `${path}.${field}`, textOf(item[field]), rules.resourceClaims);
}

/** A claim that the pod brings along can be a copy of another one, and take a volume that is there already. */
function* claimFaults(
  { persistentVolumeClaims: allowed, storageClasses }: Rules,
  namespace: string,
  at: string,
  { metadata, spec: claim }: Partial<V1PersistentVolumeClaimTemplate>,
): Iterable<string> {
  for (const from of ['dataSource', 'dataSourceRef'] as const) {
    const source: V1TypedObjectReference | undefined = claim?.[from];
    if (source) yield* sourceFaults(allowed, namespace, `${at}.spec.${from}`, source);
  }
  const { volumeName, selector, storageClassName } = claim ?? {};
  const reaching = {
    ...(volumeName && { 'spec.volumeName': volumeName }),
    ...(selector && { 'spec.selector': selector }),
    // Not the cluster's class, but none: only volumes that are there already.
    ...(storageClassName === '' && { 'spec.storageClassName': storageClassName }),
    ...Object.fromEntries(
      entries(metadata?.annotations).flatMap(([key, value]) =>
        /^(pv|volume|volume\.beta|volume\.alpha)\.kubernetes\.io\//.test(key) && key !== CLASS
          ? [[`metadata.annotations.${key}`, value]]
          : [],
      ),
    ),
  };
  for (const [field, value] of Object.entries(reaching))
    yield* mustAllowAll('persistentVolumeClaims', `${at}.${field}`, value, allowed, 'may take a volume of any claim');
  if (storageClassName)
    yield* mustBeOneOf('storageClasses', `${at}.spec.storageClassName`, storageClassName, storageClasses);
  const older = textOf(metadata?.annotations?.[CLASS]);
  if (older) yield* mustBeOneOf('storageClasses', `${at}.metadata.annotations.${CLASS}`, older, storageClasses);
}

/** How a claim names its class by its older way. */
const CLASS = 'volume.beta.kubernetes.io/storage-class';

function* sourceFaults(
  allowed: readonly string[],
  namespace: string,
  at: string,
  source: V1TypedObjectReference,
): Iterable<string> {
  if (source.namespace && source.namespace !== namespace) {
    yield fault('persistentVolumeClaims', `${at}.namespace`, source.namespace, 'is not the namespace of the pod');
    return;
  }
  const isClaim = source.kind === 'PersistentVolumeClaim';
  const name = isClaim ? textOf(source.name) : `${source.kind}/${source.name}`;
  // A snapshot does not tell of which claim it is: it must be named as one, unless nothing is taken back.
  const isNamed = allowed.some((glob) => glob.includes('/') && matches(name, glob));
  yield* mustBeOneOf('persistentVolumeClaims', at, name, allowed, isClaim || isNamed || allowsAll(allowed));
}

/** The mounts of each volume, by its name. */
function mountsOf({ spec }: V1Pod): Map<string, Placed<V1VolumeMount>[]> {
  const mounts = new Map<string, Placed<V1VolumeMount>[]>();
  for (const { path, item } of containersOf(spec))
    for (const mount of placed(`${path}.volumeMounts`, item.volumeMounts)) {
      const known = mounts.get(mount.item.name);
      if (known) known.push(mount);
      else mounts.set(mount.item.name, [mount]);
    }
  return mounts;
}

function* hostPathFaults(
  { hostPaths }: Rules,
  mounts: readonly Placed<V1VolumeMount>[],
  at: string,
  source: V1HostPathVolumeSource | undefined,
): Iterable<string> {
  const path = textOf(source?.path);
  const covering = path.split('/').includes('..')
    ? undefined
    : hostPaths.find((allowed) => isWithin(path, allowed.path));
  if (!covering) {
    const list = hostPaths.map(({ path, readOnly }) => (readOnly ? `${path} (read-only)` : path)).join(', ');
    yield fault('hostPaths', `${at}.path`, path, `is not allowed; allowed: ${list || 'nothing'}`);
  } else if (!covering.readOnly) {
    if (folderOf(path) !== folderOf(covering.path))
      yield fault(
        'hostPaths',
        `${at}.path`,
        path,
        `is below ${covering.path}, which pods may write to; name that, and mount it with a subPath`,
      );
  } else {
    if (/OrCreate$/.test(textOf(source?.type)))
      yield fault('hostPaths', `${at}.type`, source?.type, `would write: ${covering.path} is readOnly`);
    for (const mount of mounts)
      if (mount.item.readOnly !== true)
        yield fault('hostPaths', mount.path, mount.item, `must be readOnly: ${covering.path} is`);
  }
}

const folderOf = (path: string): string => posix.normalize(`${path}/`);

/** Also when it is the same. */
export const isWithin = (path: string, folder: string): boolean => folderOf(path).startsWith(folderOf(folder));
