/** How an attempt leaves its pod behind on purpose: over, for people to look at; or, after a cancel, to run on. */
import { log } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodEnd, PodOutcome, PodRef } from '../contract/index.ts';
import type { PodRun } from './pod-run.ts';
import { isClusterError } from '../kubernetes/cluster-error.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { retry } from '../common/retry.ts';
import { containerStatuses } from '../pod/status.ts';
import { ANNOTATION, isGated, refOf } from '../pod/identity.ts';
import { keptFor, runsOnFor, untilAfter } from '../pod/keeping.ts';
import {
  graceAfterMain,
  mainHasEnded,
  PHASE_MS,
  lookAtPod,
  takeDown,
  takeDownUnseen,
  waitForPod,
} from './take-down.ts';
import { messageOf } from '../common/message-of.ts';

/** How long the other containers of a pod are given to end after the main one. */
const OVER_MS = 10_000;
/** Some 15 s in which the API server may refuse to take note in a way that passes. */
const NOTE = { firstMs: 200, mostMs: 2_000, tries: 12 };

/**
 * What becomes of a pod whose end is recorded: kept for its time, if the spec
 * says so, or it alone has the end of its log, and the pod is over; else taken down.
 */
export async function keepOrTakeDown(run: PodRun, { outcome, logs }: PodEnd): Promise<Cleanup> {
  const { spec, cluster, recorder } = run.attempt;
  const ms = keptFor(spec, outcome.kind, logs.unstored);
  const ref = recorder.state.pod;
  if (ms === undefined || !ref) return (await removeBeside(run, outcome)) ?? takeDown(run);
  // Only what follows the main container is worth waiting for.
  if (run.watcher && mainHasEnded(run)) await waitForPod(run.watcher, isOver, OVER_MS);
  // For its readers: the phase comes about a second after the end of the containers.
  if (run.watcher && isOver(run.watcher.latest)) await waitForPod(run.watcher, hasFinalPhase, PHASE_MS);
  const kept =
    run.watcher && isOver(run.watcher.latest)
      ? await keep(cluster, ref, ms)
      : { refused: run.watcher ? 'it still ran' : 'it could not be read' };
  if (!('refused' in kept)) {
    // Sidecars may have ended after the end was recorded.
    await run.logs.drain(run.watcher!, OVER_MS);
    return kept;
  }
  return notKept(ref, kept.refused, await takeDown(run));
}

/**
 * A good end whose pod runs nothing any more: what comes next need not wait for its removal. Undefined: it has to, since something of
 * the pod still runs, or nobody confirms the removal.
 */
async function removeBeside(run: PodRun, { kind }: PodOutcome): Promise<Cleanup | undefined> {
  const { removals, watcher } = run;
  const { cluster, limits, spec, waits } = run.attempt;
  if (!removals || spec.waitForRemoval || (kind !== 'Succeeded' && kind !== 'Skipped')) return undefined;
  if (!watcher || watcher.gone || !isOver(watcher.latest)) return undefined;
  // Sidecars may have ended after the end was recorded.
  await run.logs.drain(watcher, OVER_MS);
  run.watcher = undefined;
  return removals.begin(cluster, watcher, {
    ...graceAfterMain(watcher.latest),
    confirmMs: limits.terminate,
    heldMs: waits.held,
  });
}

/**
 * `onCancel: 'keep'`. A pod that never ran has nothing to go on with; one that is on its way out cannot be held up. No answer is no
 * reason to end a pod at work: then the workflow's own cleanup marks it, which has longer.
 */
export async function letRunOn(run: PodRun): Promise<Cleanup> {
  const { cluster, spec } = run.attempt;
  if (!(await lookAtPod(run))) return { gone: false, error: 'it is to run on, and could not be read' };
  const pod = run.watcher && !run.watcher.gone ? run.watcher.latest : undefined;
  if (!pod || isGated(pod) || pod.metadata?.deletionTimestamp) return takeDownUnseen(run);
  const kept = await keep(cluster, refOf(pod), runsOnFor(spec));
  if (!('refused' in kept)) return kept;
  if (!kept.forGood) return { gone: false, error: `it is to run on, and could not be marked: ${kept.refused}` };
  return notKept(refOf(pod), kept.refused, await takeDown(run));
}

/** Nothing of it works any more. */
export const isOver = (pod: V1Pod): boolean =>
  hasFinalPhase(pod) ||
  (containerStatuses(pod).length > 0 && containerStatuses(pod).every(({ state }) => state?.terminated));

const hasFinalPhase = ({ status }: V1Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** The annotation is what the sweeper goes by: without it the pod would be taken for one that was left behind. */
async function keep(
  cluster: Cluster,
  ref: PodRef,
  ms: number,
): Promise<Cleanup | { refused: string; forGood: boolean }> {
  const kept = untilAfter(ms);
  const isFinal = (error: unknown) => !isClusterError(error, 'transient') && !isClusterError(error, 'unauthorized');
  try {
    await retry(() => cluster.annotatePod(ref, { [ANNOTATION.keepUntil]: kept }), { ...NOTE, isFinal });
    return { gone: false, kept };
  } catch (error) {
    return { refused: messageOf(error), forGood: isFinal(error) };
  }
}

function notKept({ namespace, name }: PodRef, why: string, cleanup: Cleanup): Cleanup {
  const error = `it was to be kept, and was deleted all the same: ${why}`;
  log.warn(`pod ${namespace}/${name}: ${error}`);
  return { ...cleanup, error: cleanup.error ? `${error}; ${cleanup.error}` : error };
}
