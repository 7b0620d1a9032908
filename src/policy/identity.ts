/** What a pod may be in the cluster: where, as whom, and under which names. */
import type { V1Pod } from '@kubernetes/client-node';
import { MANAGED_BY, OURS } from '../pod/identity.ts';
import { placed, volumesOf } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { fault, mustBeAllowed, mustBeOneOf, entries, keys, textOf } from './verdict.ts';

/** Each gives the pod an identity that the cluster believes. */
const CREDENTIALS = ['serviceAccountToken', 'podCertificate'];

export function* identityFaults(rules: Rules, { metadata, spec }: V1Pod): Iterable<string> {
  yield* mustBeOneOf('namespaces', 'metadata.namespace', textOf(metadata?.namespace, 'default'), rules.namespaces);
  yield* keyFaults('labels', metadata?.labels, rules.labels);
  yield* keyFaults('annotations', metadata?.annotations, rules.annotations);
  for (const field of ['serviceAccountName', 'serviceAccount'] as const)
    yield* mustBeOneOf('serviceAccounts', `spec.${field}`, textOf(spec?.[field]) || 'default', rules.serviceAccounts);
}

export function* tokenFaults({ serviceAccountTokens }: Rules, pod: V1Pod): Iterable<string> {
  const rule = 'serviceAccountTokens';
  const automount = pod.spec?.automountServiceAccountToken;
  // Without the field the service account decides, and most say yes.
  if (!serviceAccountTokens && automount !== false)
    yield fault(
      rule,
      'spec.automountServiceAccountToken',
      automount,
      `must be false, or the policy have ${rule}: true`,
    );
  for (const { path, item } of volumesOf(pod.spec))
    for (const source of placed(`${path}.projected.sources`, item.projected?.sources))
      for (const [key, value] of entries(source.item))
        if (CREDENTIALS.includes(key)) yield* mustBeAllowed(rule, `${source.path}.${key}`, value, serviceAccountTokens);
}

function* keyFaults(rule: string, map: unknown, globs: readonly string[]): Iterable<string> {
  for (const key of keys(map))
    if (!key.startsWith(`${OURS}/`) && !(key in MANAGED_BY)) yield* mustBeOneOf(rule, `metadata.${rule}`, key, globs);
}
