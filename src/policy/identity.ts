/** What a pod may be in the cluster: where, as whom, and under which names. */
import type { V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { MANAGED_BY, OURS } from '../pod/identity.ts';
import { placed, volumesOf } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { fault, mustBeAllowed, mustBeOneOf, mustBeThere, entries, keys, textOf } from './verdict.ts';

/** Each gives the pod an identity that the cluster believes. */
const CREDENTIALS = ['serviceAccountToken', 'podCertificate'];

export function* identityFaults(rules: Rules, { metadata, spec }: V1Pod): Iterable<string> {
  yield* mustBeOneOf('namespaces', 'metadata.namespace', textOf(metadata?.namespace, 'default'), rules.namespaces);
  const { requireLabels, requireAnnotations } = rules;
  yield* keyFaults('labels', 'metadata', metadata, [...rules.labels, ...keys(requireLabels)]);
  yield* keyFaults('annotations', 'metadata', metadata, [...rules.annotations, ...keys(requireAnnotations)]);
  yield* mustBeThere('requireLabels', 'metadata.labels', metadata?.labels, requireLabels);
  yield* mustBeThere('requireAnnotations', 'metadata.annotations', metadata?.annotations, requireAnnotations);
  // A claim that the pod brings along is an object of its own, with labels of its own.
  for (const { path, item } of volumesOf(spec)) {
    const template = item.ephemeral?.volumeClaimTemplate?.metadata;
    const at = `${path}.ephemeral.volumeClaimTemplate.metadata`;
    yield* keyFaults('labels', at, template, rules.labels);
    yield* keyFaults('annotations', at, template, rules.annotations);
  }
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

function* keyFaults(
  rule: 'labels' | 'annotations',
  at: string,
  metadata: V1ObjectMeta | undefined,
  globs: readonly string[],
): Iterable<string> {
  for (const key of keys(metadata?.[rule]))
    if (!key.startsWith(`${OURS}/`) && !Object.hasOwn(MANAGED_BY, key))
      yield* mustBeOneOf(rule, `${at}.${rule}`, key, globs);
}
