import { posix } from 'node:path';
import type { V1HostPathVolumeSource, V1Pod } from '@kubernetes/client-node';
import { containersOf, keys, placed, textOf, volumesOf } from './reading.ts';
import type { HostPath, Rules } from './rules.ts';
import { fault, mustBeOneOf } from './verdict.ts';

export function* volumeFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  for (const { path, item } of volumesOf(pod)) {
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
    if (csi) yield* mustBeOneOf('csiDrivers', `${path}.csi.driver`, textOf(csi.driver), rules.csiDrivers);
  }
  for (const { path, item } of placed('spec.resourceClaims', pod.spec?.resourceClaims))
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const)
      if (item[field] !== undefined && item[field] !== null)
        yield* mustBeOneOf('resourceClaims', `${path}.${field}`, textOf(item[field]), rules.resourceClaims);
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
    const mounts = containersOf(pod).flatMap((one) => placed(`${one.path}.volumeMounts`, one.item.volumeMounts));
    for (const mount of mounts)
      if (mount.item.name === volume && mount.item.readOnly !== true)
        yield fault('hostPaths', mount.path, mount.item, `must be readOnly: ${covering[0]?.path} is`);
  }
}

function covers({ path: allowed }: HostPath, path: string): boolean {
  const folder = posix.normalize(`${allowed}/`);
  return posix.normalize(`${path}/`).startsWith(folder);
}
