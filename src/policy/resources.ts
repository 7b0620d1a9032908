/** How much a pod may take, and for how long. */
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { milliseconds } from '../common/duration.ts';
import { quantity } from '../common/quantity.ts';
import { DEADLINE_SLACK_SECONDS, DEFAULT_TIMEOUTS } from '../contract/defaults.ts';
import type { Duration, PodSpec } from '../contract/index.ts';
import { graceOf } from '../pod/deadlines.ts';
import { containersOf, type Placed } from '../pod/walk.ts';
import type { Rules, Policy } from './rules.ts';
import { fault, keys, matches } from './verdict.ts';

/** A container without a limit may take all there is of these; of others (GPUs, huge pages) it gets none. */
const UNBOUND = ['cpu', 'memory', 'ephemeral-storage'];

/** `quantity` counts in thousand-millionths. */
const ONE = 10n ** 9n;

type Kind = 'requests' | 'limits';
type Resourced = Pick<V1Container, 'resources'>;

export function* resourceFaults(rules: Rules, pod: V1Pod): Iterable<string> {
  const bounds = Object.entries(rules.resources);
  const needed = new Set([
    ...rules.requireLimits,
    ...bounds.flatMap(([name, { limit }]) => (limit !== undefined && UNBOUND.includes(name) ? [name] : [])),
  ]);
  for (const name of needed)
    for (const { path, item } of containersOf(pod.spec))
      if (item.resources?.limits?.[name] === undefined || item.resources.limits[name] === null)
        yield fault('requireLimits', `${path}.resources.limits.${name}`, undefined, 'must be there');
  for (const [entry, { request, limit }] of bounds)
    for (const name of entry.includes('*') ? otherResources(pod, entry, rules.resources) : [entry]) {
      yield* boundFaults(pod, name, 'requests', request);
      yield* boundFaults(pod, name, 'limits', limit);
    }
}

/** What the pod asks for that a name with `*` means: extended resources and huge pages without an entry of their own. */
function otherResources({ spec }: V1Pod, glob: string, bounds: Rules['resources']): string[] {
  const all = [...containersOf(spec).map(({ item }) => item), spec ?? {}].flatMap(({ resources }: Resourced) => [
    ...keys(resources?.requests),
    ...keys(resources?.limits),
  ]);
  return [...new Set(all)].filter(
    (name) => !UNBOUND.includes(name) && !Object.hasOwn(bounds, name) && matches(name, glob),
  );
}

function* boundFaults(pod: V1Pod, name: string, kind: Kind, bound: number | string | undefined): Iterable<string> {
  const most = quantity(bound);
  if (most === undefined) return;
  const rule = `resources.${name}.${kind === 'limits' ? 'limit' : 'request'}`;
  const unreadable = givenOf(pod, name, kind).filter(({ item }) => quantity(item) === undefined);
  for (const { path, item } of unreadable) yield fault(rule, path, item, 'is not a quantity');
  if (unreadable.length > 0) return;
  for (const [path, amount] of [
    ['all containers together', sumOf(pod, name, kind)],
    [`spec.resources.${kind}.${name}`, amountOf(pod.spec ?? {}, name, kind)],
  ] as const)
    if (amount > most) yield `${rule}: ${path} ${kind} ${readable(amount)} of ${name}; allowed: ${bound}`;
}

function givenOf(pod: V1Pod, name: string, kind: Kind): Placed<unknown>[] {
  const all: Placed<Resourced>[] = [...containersOf(pod.spec), { path: 'spec', item: pod.spec ?? {} }];
  return all.flatMap(({ path, item }) => {
    const value: unknown = item.resources?.[kind]?.[name] ?? undefined;
    return value === undefined ? [] : [{ path: `${path}.resources.${kind}.${name}`, item: value }];
  });
}

/** As the scheduler counts: sidecars from their start beside everything, other init containers one at a time. */
function sumOf({ spec }: V1Pod, name: string, kind: Kind): bigint {
  let sidecars = 0n;
  let most = 0n;
  let together = 0n;
  for (const { field, item } of containersOf(spec)) {
    const amount = amountOf(item, name, kind);
    if (field === 'containers') together += amount;
    if (field !== 'initContainers') continue;
    if (item.restartPolicy === 'Always') sidecars += amount;
    most = max(most, item.restartPolicy === 'Always' ? sidecars : sidecars + amount);
  }
  return max(most, sidecars + together);
}

/** A limit without a request is also the request. */
function amountOf({ resources }: Resourced, name: string, kind: Kind): bigint {
  return quantity(resources?.[kind]?.[name] ?? (kind === 'requests' ? resources?.limits?.[name] : undefined)) ?? 0n;
}

export function* timeFaults({ maxRunTime, maxGrace }: Rules, pod: V1Pod): Iterable<string> {
  const deadline = pod.spec?.activeDeadlineSeconds;
  if (seconds(maxRunTime) !== Infinity && !((deadline ?? Infinity) <= seconds(maxRunTime) + DEADLINE_SLACK_SECONDS))
    yield fault(
      'maxRunTime',
      'spec.activeDeadlineSeconds',
      deadline,
      `(timeouts.total and ${DEADLINE_SLACK_SECONDS} s) is longer than ${maxRunTime} allows; set timeouts.total to at most ${maxRunTime}`,
    );
  yield* graceFaults('spec', graceOf(pod), maxGrace);
  for (const { path, item } of containersOf(pod.spec))
    for (const probe of ['livenessProbe', 'startupProbe'] as const)
      yield* graceFaults(`${path}.${probe}`, item[probe]?.terminationGracePeriodSeconds ?? 0, maxGrace);
}

function* graceFaults(path: string, grace: number, most: Duration): Iterable<string> {
  if (!(grace <= seconds(most)))
    yield fault('maxGrace', `${path}.terminationGracePeriodSeconds`, grace, `is longer than ${most}`);
}

const seconds = (duration: Duration): number => (duration === Infinity ? Infinity : milliseconds(duration) / 1000);

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Thousand-millionths, as somebody would write them. */
function readable(amount: bigint): string {
  const units: [bigint, string][] = [
    [1024n ** 3n * 1_000_000_000n, 'Gi'],
    [1024n ** 2n * 1_000_000_000n, 'Mi'],
    [1_000_000_000n, ''],
    [1_000_000n, 'm'],
  ];
  const [scale, unit] = units.find(([scale]) => amount % scale === 0n) ?? [1n, 'n'];
  return `${amount / scale}${unit}`;
}

/**
 * How long a pod may take whose author says nothing about it: a default must not break the operator's rule. Undefined: the usual
 * default, or what the author says; an author who asks for more than the rule allows is told so, by the rule.
 */
export function defaultTotal({ timeouts = {} }: PodSpec, { maxRunTime = Infinity }: Policy): Duration | undefined {
  if (timeouts.total !== undefined || maxRunTime === Infinity) return undefined;
  const most = milliseconds(maxRunTime);
  if (most >= milliseconds(DEFAULT_TIMEOUTS.total)) return undefined;
  const { schedule, start, init, imagePull, run, nodeLost } = timeouts;
  const asked = [schedule, start, init, imagePull, run, nodeLost];
  return asked.some((length) => length !== undefined && milliseconds(length) > most) ? undefined : maxRunTime;
}

/** How much is kept of a container's log: the author's own bound, or the operator's where that is lower. */
export function mostLogBytes({ logs }: PodSpec, { maxLogBytes }: Policy): number {
  const most = quantity(maxLogBytes);
  return Math.min(logs?.maxBytes ?? Infinity, most === undefined ? Infinity : Number(most / ONE));
}

export const withTotal = (spec: PodSpec, total: Duration | undefined): PodSpec =>
  total === undefined ? spec : { ...spec, timeouts: { ...spec.timeouts, total } };
