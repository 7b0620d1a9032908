/**
 * The third layer of deletion, for pods that nobody is left to delete: their workflow was terminated, timed out or reset while no
 * worker lived, or their deadline has passed with no attempt to enforce it. Any doubt keeps the pod for the next sweep.
 */
import { Context, log } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { isLength, isTooBare, milliseconds } from '../common/duration.ts';
import { retry } from '../common/retry.ts';
import { isClusterError, retryAfterMs } from '../kubernetes/cluster-error.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { failNow } from './failure.ts';
import type { SweepInput, SweepReport, Kept } from '../contract/index.ts';
import { keyOf, MANAGED_SELECTOR, type PodKey, ANNOTATION } from '../pod/identity.ts';
import { messageOf } from '../common/message-of.ts';
import { keepOf } from '../pod/keeping.ts';
import type { PodDependencies } from './dependencies.ts';
import { refOf } from '../pod/identity.ts';
import { stateOfRun, type RunState } from './run-state.ts';
import { heartbeating } from './temporal-calls.ts';

const DEFAULT_MIN_AGE = '2m';
const DEFAULT_LIMIT = 200;

export function sweep(dependencies: PodDependencies, input: SweepInput): Promise<SweepReport> {
  const context = Context.current();
  const wanted = INPUT.safeParse(input);
  if (!wanted.success) throw failNow('InvalidSpec', `sweep: ${z.prettifyError(wanted.error)}`);
  return heartbeating(context, () => sweepNamespaces(dependencies, wanted.data, context));
}

/** What comes from Temporal is input. */
const INPUT = z.object({
  dryRun: z.boolean().default(false),
  minAge: z
    .union([z.string(), z.number()])
    .refine((length) => isLength(length) && !isTooBare(length), 'is no length of time')
    .default(DEFAULT_MIN_AGE),
  limit: z.int().min(1).default(DEFAULT_LIMIT),
});

async function sweepNamespaces(
  { cluster, namespaces, temporalNamespaceId }: PodDependencies,
  { dryRun, minAge, limit }: z.infer<typeof INPUT>,
  { client }: Context,
): Promise<SweepReport> {
  const kept = { young: 0, onPurpose: 0, alive: 0, terminating: 0, otherTemporal: 0 };
  const { pods, unlisted } = await listAll(cluster, namespaces);
  const report: SweepReport = { dryRun, looked: 0, swept: [], undecided: 0, kept, leftOut: 0, unlisted };
  const runs = new Map<string, Promise<RunState>>();
  // One question per run, however many pods it has.
  const stateOf = (key: PodKey) => {
    const known = runs.get(key.runId) ?? stateOfRun(client, key);
    runs.set(key.runId, known);
    return known;
  };
  for (const pod of oldestFirst(pods)) {
    const key = keyOf(pod);
    // Somebody else's Temporal may use this cluster too.
    if (key?.temporalNamespaceId !== temporalNamespaceId) {
      kept.otherTemporal++;
      continue;
    }
    if (report.swept.length >= limit) {
      report.leftOut++;
      continue;
    }
    report.looked++;
    const run = await stateOf(key);
    const judge = (one: V1Pod) => sweepVerdict(one, key, run, { now: Date.now(), minAgeMs: milliseconds(minAge) });
    const verdict = await twice(cluster, pod, judge);
    if (verdict === 'undecided') report.undecided++;
    else if (typeof verdict === 'string') kept[verdict]++;
    else if (dryRun || (await remove(cluster, pod, verdict.why)))
      report.swept.push({ pod: refOf(pod), why: verdict.why });
    else report.undecided++;
  }
  return report;
}

/** A bad moment of the API server must not cost a namespace its sweep; a refusal does not pass by asking again. */
const LIST = {
  firstMs: 200,
  mostMs: 2_000,
  tries: 4,
  isFinal: (error: unknown) => !mayPass(error),
  leastMs: retryAfterMs,
};

/**
 * Each namespace for itself: one that cannot be listed is told of, and keeps nothing from the others.
 *
 * @throws ApplicationFailure `SweepFailed` when none can be listed, not retryable if that is for good
 */
async function listAll(cluster: Cluster, namespaces: readonly string[]) {
  const refusals: { namespace: string; error: unknown }[] = [];
  const lists = await Promise.all(
    namespaces.map((namespace) =>
      retry(() => cluster.listPods(namespace, MANAGED_SELECTOR), LIST).catch((error: unknown) => {
        log.warn(`could not sweep namespace ${namespace}: ${messageOf(error)}`);
        refusals.push({ namespace, error });
        return { items: [] };
      }),
    ),
  );
  const unlisted = refusals.map(({ namespace, error }) => ({ namespace, why: messageOf(error) }));
  if (unlisted.length === namespaces.length)
    throw ApplicationFailure.create({
      type: 'SweepFailed',
      message: unlisted.map(({ namespace, why }) => `${namespace}: ${why}`).join('; '),
      nonRetryable: !refusals.some(({ error }) => mayPass(error)),
    });
  return { pods: lists.flatMap(({ items }) => items), unlisted };
}

const mayPass = (error: unknown) => isClusterError(error, 'transient') || isClusterError(error, 'unauthorized');

/** One without a birthday is not judged, so it can wait. */
const oldestFirst = (pods: readonly V1Pod[]): V1Pod[] => {
  const born = ({ metadata }: V1Pod) => new Date(metadata?.creationTimestamp ?? NaN).getTime() || Infinity;
  return pods.toSorted((a, b) => (born(a) === born(b) ? 0 : born(a) - born(b)));
};

type Verdict = ReturnType<typeof sweepVerdict>;

/**
 * A pod is marked to be kept before its activity, or its run, ends. So what was listed before Temporal said that it had ended may lack the
 * mark, and what is read after that has it.
 */
async function twice(cluster: Cluster, pod: V1Pod, judge: (pod: V1Pod) => Verdict): Promise<Verdict> {
  const verdict = judge(pod);
  if (typeof verdict === 'string') return verdict;
  const { namespace, name, uid } = refOf(pod);
  try {
    const now = await cluster.readPod(namespace, name);
    return now?.metadata?.uid === uid ? judge(now) : 'terminating';
  } catch (error) {
    log.warn(`could not read pod ${namespace}/${name} before its deletion: ${messageOf(error)}`);
    return 'undecided';
  }
}

/** Orders the deletion; that it came about is seen by the next sweep. */
async function remove(cluster: Cluster, pod: V1Pod, why: string): Promise<boolean> {
  const ref = refOf(pod);
  try {
    await cluster.deletePod(ref);
    log.warn(`swept pod ${ref.namespace}/${ref.name}: ${why}`);
    return true;
  } catch (error) {
    log.warn(`could not sweep pod ${ref.namespace}/${ref.name}: ${messageOf(error)}`);
    return false;
  }
}

/** A live attempt enforces the deadline itself, and may take the grace period and its confirmation for it. */
const DEADLINE_SLACK_MS = 15 * 60_000;

export function sweepVerdict(
  pod: V1Pod,
  { activityId }: PodKey,
  run: RunState,
  { now, minAgeMs }: { now: number; minAgeMs: number },
): Kept | 'undecided' | { why: string } {
  const keep = keepOf(pod, now);
  if (keep === 'kept') return 'onPurpose';
  if (pod.metadata?.deletionTimestamp) return 'terminating';
  const created = new Date(pod.metadata?.creationTimestamp ?? NaN).getTime();
  if (!(now - created >= minAgeMs)) return 'young';
  if (run === 'unknown') return 'undecided';
  const wasKept = keep === 'over' ? ', and so has the time for which it was kept' : '';
  if (run === 'closed') return { why: `its workflow run has ended, or does not exist${wasKept}` };
  // The workflow may be about to mark the pod of a cancelled task, which shall run on.
  if (!run.pending.has(activityId) && !run.caresItself) return { why: `its activity has ended${wasKept}` };
  const deadline = Date.parse(pod.metadata?.annotations?.[ANNOTATION.deadline] ?? '');
  return now > deadline + DEADLINE_SLACK_MS
    ? { why: 'its deadline has passed, and no worker took care of it' }
    : 'alive';
}
