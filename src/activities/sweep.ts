/**
 * The third layer of deletion, for pods that nobody is left to delete: their workflow was terminated, timed out or reset while no
 * worker lived, or their deadline has passed with no attempt to enforce it. Any doubt keeps the pod for the next sweep.
 */
import { Context, log } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import { milliseconds } from '../common/duration.ts';
import type { SweepInput, SweepReport } from '../contract/index.ts';
import type { PodDependencies } from './dependencies.ts';
import { refOf } from './birth.ts';
import { lookAtRun, type RunState } from './cancellation.ts';
import { keyOf, MANAGED_SELECTOR, type PodKey } from '../pod/identity.ts';
import { sweepVerdict } from './sweep-verdict.ts';
import { heartbeating } from './temporal-calls.ts';
import { messageOf } from '../common/message-of.ts';

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
    const known = runs.get(key.runId) ?? lookAtRun(client, key);
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
