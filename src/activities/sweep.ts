/**
 * The third layer of deletion, for pods that nobody is left to delete: their workflow was terminated, timed out or reset while no
 * worker lived, or their deadline has passed with no attempt to enforce it. Any doubt keeps the pod for the next sweep.
 */
import { Context, log } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import { milliseconds } from '../common/duration.ts';
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
  return heartbeating(context, () => sweepNamespaces(dependencies, input, context));
}

async function sweepNamespaces(
  { cluster, namespaces, temporalNamespaceId }: PodDependencies,
  { dryRun = false, minAge = DEFAULT_MIN_AGE, limit = DEFAULT_LIMIT }: SweepInput,
  { client }: Context,
): Promise<SweepReport> {
  const kept = { young: 0, onPurpose: 0, alive: 0, terminating: 0, otherTemporal: 0 };
  const report: SweepReport = { dryRun, looked: 0, swept: [], undecided: 0, kept, limited: false };
  const runs = new Map<string, Promise<RunState>>();
  // One question per run, however many pods it has.
  const stateOf = (key: PodKey) => {
    const known = runs.get(key.runId) ?? stateOfRun(client, key);
    runs.set(key.runId, known);
    return known;
  };
  for (const namespace of namespaces) {
    const { items } = await cluster.listPods(namespace, MANAGED_SELECTOR);
    for (const pod of items) {
      const key = keyOf(pod);
      // Somebody else's Temporal may use this cluster too.
      if (key?.temporalNamespaceId !== temporalNamespaceId) {
        kept.otherTemporal++;
        continue;
      }
      report.looked++;
      const run = await stateOf(key);
      const verdict = sweepVerdict(pod, key, run, { now: Date.now(), minAgeMs: milliseconds(minAge) });
      if (typeof verdict !== 'object') {
        if (verdict === 'undecided') report.undecided++;
        else kept[verdict]++;
        continue;
      }
      report.limited ||= report.swept.length >= limit;
      if (report.limited) return report;
      if (dryRun || (await remove(cluster, pod, verdict.why))) report.swept.push({ pod: refOf(pod), why: verdict.why });
      else report.undecided++;
    }
  }
  return report;
}

/** Orders the deletion; that it came about is seen by the next sweep. */
async function remove(cluster: PodDependencies['cluster'], pod: V1Pod, why: string): Promise<boolean> {
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
  if (!run.pending.has(activityId)) return { why: `its activity has ended${wasKept}` };
  const deadline = Date.parse(pod.metadata?.annotations?.[ANNOTATION.deadline] ?? '');
  return now > deadline + DEADLINE_SLACK_MS
    ? { why: 'its deadline has passed, and no worker took care of it' }
    : 'alive';
}
