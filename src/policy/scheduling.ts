/** Where, when and before whom a pod may run. */
import type { V1NodeSelectorTerm, V1Pod } from '@kubernetes/client-node';
import { SCHEDULING_GATE } from '../pod/identity.ts';
import { placed, type Placed } from '../pod/walk.ts';
import { isObject } from '../common/is-object.ts';
import type { Rules } from './rules.ts';
import { allowsAll, mustBeAllowed, mustBeOneOf, mustBeThere, keys, textOf } from './verdict.ts';

/** The label that every node has its name in. */
const HOSTNAME = 'kubernetes.io/hostname';

export function* schedulingFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  const spec: Spec = pod.spec ?? { containers: [] };
  yield* mustBeOneOf('runtimeClasses', 'spec.runtimeClassName', textOf(spec.runtimeClassName), rules.runtimeClasses);
  yield* mustBeOneOf(
    'priorityClasses',
    'spec.priorityClassName',
    textOf(spec.priorityClassName),
    rules.priorityClasses,
  );
  const scheduler = textOf(spec.schedulerName) || 'default-scheduler';
  yield* mustBeOneOf('schedulers', 'spec.schedulerName', scheduler, rules.schedulers);
  for (const { path, item } of placed('spec.schedulingGates', spec.schedulingGates))
    if (item.name !== SCHEDULING_GATE)
      yield* mustBeOneOf('schedulingGates', `${path}.name`, textOf(item.name), rules.schedulingGates);
  for (const { path, item } of placed('spec.tolerations', spec.tolerations))
    yield* tolerationFaults(rules, `${path}.key`, textOf(item.key));
  yield* nodeFaults(rules, spec);
}

/** One without a key is of every taint, also of those that a list takes back. */
function* tolerationFaults({ tolerations }: Rules, path: string, key: string): Iterable<string> {
  const isOfAll = key === '';
  if (isOfAll && tolerations.includes('')) return;
  yield* mustBeOneOf('tolerations', path, key, tolerations, !isOfAll || allowsAll(tolerations));
}

type Spec = NonNullable<V1Pod['spec']>;

function* nodeFaults(rules: Rules, spec: Spec): Iterable<string> {
  if (spec.nodeName) yield* mustBeAllowed('nodeNames', 'spec.nodeName', spec.nodeName, rules.nodeNames);
  yield* mustBeThere('requireNodeSelector', 'spec.nodeSelector', spec.nodeSelector, rules.requireNodeSelector);
  const allowed = [...rules.nodeLabels, ...keys(rules.requireNodeSelector)];
  for (const [path, key] of labelKeys(spec)) {
    yield* mustBeOneOf('nodeLabels', path, key, allowed);
    if (key === HOSTNAME) yield* mustBeAllowed('nodeNames', path, key, rules.nodeNames);
  }
  for (const { path, item } of nodeTerms(spec))
    for (const field of placed(`${path}.matchFields`, item.matchFields))
      yield* mustBeAllowed('nodeNames', field.path, field.item.values, rules.nodeNames);
  for (const [path, key] of topologyKeys(spec)) yield* mustBeOneOf('nodeLabels', path, key, rules.nodeLabels);
}

function* labelKeys(spec: Spec): Iterable<[path: string, key: string]> {
  for (const key of keys(spec.nodeSelector)) yield ['spec.nodeSelector', key];
  for (const { path, item } of nodeTerms(spec))
    for (const match of placed(`${path}.matchExpressions`, item.matchExpressions))
      yield [`${match.path}.key`, textOf(match.item.key)];
}

function nodeTerms({ affinity }: Spec): Placed<V1NodeSelectorTerm>[] {
  const at = 'spec.affinity.nodeAffinity';
  const node = affinity?.nodeAffinity;
  return [
    ...placed(
      `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
      node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ),
    ...placed(
      `${at}.preferredDuringSchedulingIgnoredDuringExecution`,
      node?.preferredDuringSchedulingIgnoredDuringExecution,
    )
      .map(({ path, item }) => ({ path: `${path}.preference`, item: item.preference }))
      .filter(({ item }) => isObject(item)),
  ];
}

function* topologyKeys({ affinity, topologySpreadConstraints }: Spec): Iterable<[path: string, key: string]> {
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const at = `spec.affinity.${kind}`;
    const { requiredDuringSchedulingIgnoredDuringExecution: required } = affinity?.[kind] ?? {};
    for (const { path, item } of placed(`${at}.requiredDuringSchedulingIgnoredDuringExecution`, required))
      yield [`${path}.topologyKey`, textOf(item.topologyKey)];
    const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = affinity?.[kind] ?? {};
    for (const { path, item } of placed(`${at}.preferredDuringSchedulingIgnoredDuringExecution`, preferred))
      yield [`${path}.podAffinityTerm.topologyKey`, textOf(item.podAffinityTerm?.topologyKey)];
  }
  for (const { path, item } of placed('spec.topologySpreadConstraints', topologySpreadConstraints))
    yield [`${path}.topologyKey`, textOf(item.topologyKey)];
}
