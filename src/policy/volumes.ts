import { posix } from 'node:path';
import type {
  V1HostPathVolumeSource,
  V1PersistentVolumeClaimSpec,
  V1Pod,
  V1TypedObjectReference,
} from '@kubernetes/client-node';
import { containersOf, placed, volumesOf } from '../pod/walk.ts';
import type { HostPath, Rules } from './rules.ts';
import { fault, mustBeOneOf, keys, textOf } from './verdict.ts';

export function* volumeFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  for (const { path, item } of volumesOf(pod.spec)) {
    for (const type of keys(item)) {
      if (type === 'hostPath') yield* hostPathFaults(rules, pod, item.name, `${path}.hostPath.path`, item.hostPath);
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
    yield* templateFaults(
      rules,
      `${path}.ephemeral.volumeClaimTemplate.spec`,
      item.ephemeral?.volumeClaimTemplate?.spec,
    );
    if (csi) yield* mustBeOneOf('csiDrivers', `${path}.csi.driver`, textOf(csi.driver), rules.csiDrivers);
  }
  for (const { path, item } of placed('spec.resourceClaims', pod.spec?.resourceClaims))
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const)
      if (item[field] !== undefined && item[field] !== null)
        yield* mustBeOneOf('resourceClaims', `${path}.${field}`, textOf(item[field]), rules.resourceClaims);
}

/** A claim that the pod brings along can be a copy of another one, or take a volume by its name. */
function* templateFaults(
  { persistentVolumeClaims: allowed }: Rules,
  at: string,
  claim: V1PersistentVolumeClaimSpec | undefined,
): Iterable<string> {
  for (const from of ['dataSource', 'dataSourceRef'] as const) {
    const source: V1TypedObjectReference | undefined = claim?.[from];
    if (!source) continue;
    const isClaimHere = source.kind === 'PersistentVolumeClaim' && !source.namespace;
    const name = isClaimHere ? textOf(source.name) : `${source.kind}/${source.name}`;
    if (isClaimHere || !allowed.includes('*'))
      yield* mustBeOneOf('persistentVolumeClaims', `${at}.${from}`, name, allowed);
  }
  if (claim?.volumeName && !allowed.includes('*'))
    yield fault('persistentVolumeClaims', `${at}.volumeName`, claim.volumeName, "is allowed with '*' only");
}

function* hostPathFaults(
  { hostPaths }: Rules,
  pod: V1Pod,
  volume: string,
  at: string,
  source: V1HostPathVolumeSource | undefined,
): Iterable<string> {
  const path = textOf(source?.path);
  const covering = path.split('/').includes('..') ? [] : hostPaths.filter((allowed) => covers(allowed, path));
  if (covering.length === 0) {
    const list = hostPaths.map(({ path, readOnly }) => (readOnly ? `${path} (read-only)` : path)).join(', ');
    yield fault('hostPaths', at, path, `is not allowed; allowed: ${list || 'nothing'}`);
  } else if (covering.every(({ readOnly }) => readOnly)) {
    const mounts = containersOf(pod.spec).flatMap((one) => placed(`${one.path}.volumeMounts`, one.item.volumeMounts));
    for (const mount of mounts)
      if (mount.item.name === volume && mount.item.readOnly !== true)
        yield fault('hostPaths', mount.path, mount.item, `must be readOnly: ${covering[0]?.path} is`);
  }
}

function covers({ path: allowed }: HostPath, path: string): boolean {
  const folder = posix.normalize(`${allowed}/`);
  return posix.normalize(`${path}/`).startsWith(folder);
}
