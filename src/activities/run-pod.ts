/**
 * The life of one pod, as an activity: it is created, followed to its end, that end is recorded, and only then it is deleted, after a
 * good end beside what comes next. Every
 * step can be the last one of this attempt; the next attempt finds the pod by its name and its record in the heartbeat details.
 */
import { Context } from '@temporalio/activity';
import type { PodEnd, PodOutcome, PodRef, PodResult, RunPodInput } from '../contract/index.ts';
import { ClusterError } from '../kubernetes/cluster-error.ts';
import { Attempt, isInterruption } from './attempt.ts';
import { readResultAgain } from './conclude.ts';
import { createOrAdopt } from './create-or-adopt.ts';
import type { PodDependencies } from './dependencies.ts';
import type { EarlierRuns } from './earlier-runs.ts';
import { failNow, podFailure } from './failure.ts';
import { followPod } from './follow-pod.ts';
import { keepOrTakeDown } from './keep-pod.ts';
import { onCancellation } from './on-cancellation.ts';
import { fuller } from './pod-logs.ts';
import { PodRun } from './pod-run.ts';
import { reusedResult } from './reuse.ts';
import { lookAtPod, otherCluster } from './take-down.ts';

export async function runPod(
  dependencies: PodDependencies,
  input: RunPodInput,
  earlierRuns: EarlierRuns,
): Promise<PodResult> {
  const attempt = new Attempt(dependencies, Context.current(), input);
  const run = new PodRun(attempt, dependencies, input.removal === 'beside' ? dependencies.removals : undefined);
  try {
    return await resultOf(run, () => reusedResult(attempt, input, earlierRuns));
  } catch (error) {
    if (isInterruption(error)) return await onCancellation(run, error);
    throw error instanceof ClusterError ? refused(error) : error;
  } finally {
    await run.close();
  }
}

async function resultOf(run: PodRun, findReused: () => Promise<PodResult | undefined>): Promise<PodResult> {
  const { attempt } = run;
  const { recorder, cluster } = attempt;
  // The first act: an attempt that is superseded, or whose run is over, touches nothing.
  const standing = await recorder.ask();
  const { ended } = recorder.state;
  // A recorded end stands, also against a cancel.
  if (!ended || standing === 'notFound') await attempt.mustStand(standing);
  if (recorder.state.cluster !== cluster.id) throw otherCluster(recorder.state.pod);
  if (ended) await lookAtPod(run);
  const reused = ended ? undefined : await findReused();
  return reused ?? settle(run, ended ?? (await toItsEnd(run)));
}

/** From the create to a recorded end. */
async function toItsEnd(run: PodRun): Promise<PodEnd> {
  const { attempt } = run;
  const watcher = await createOrAdopt(run);
  if (watcher) return run.record(await followPod(attempt, watcher, run.logs));
  // Not deleted by this attempt: it may have been the workflow, after a cancel.
  await attempt.mustStand(await attempt.recorder.ask());
  return run.record({ outcome: neverSeenAgain(attempt.unreadable), stillRuns: false });
}

/** What the activity returns or throws, once its pod is deleted or kept. */
async function settle(run: PodRun, ended: PodEnd): Promise<PodResult> {
  // While the pod is there: a result that is not on this worker's storage can be read from it once more.
  const loaded = await run.outputs.of(ended, run.logs.summary().uri, () => readResultAgain(run));
  const cleanup = await keepOrTakeDown(run, ended);
  const { outcome, node, times, events, phase, problems } = ended;
  const logs = fuller(run.logs.summary(ended.outcome.container), ended.logs);
  const { pod } = run.attempt.recorder.state;
  const facts = { times, ...(events && { events }), logs, ...(problems && { problems }), cleanup };
  const output = 'output' in loaded && loaded.output !== undefined && { output: loaded.output };
  const failWith = (failed: PodOutcome) => podFailure(failed, { pod, node, phase, ...facts, ...output });
  if (outcome.kind !== 'Succeeded' && outcome.kind !== 'Skipped') throw failWith(outcome);
  if ('lost' in loaded) throw failWith({ ...outcome, kind: 'ResultMissing', message: loaded.lost });
  return {
    outcome: outcome.kind,
    exitCode: outcome.exitCode ?? 0,
    ...loaded,
    pod: { ...(pod as PodRef), ...(node !== undefined && { node }) },
    ...facts,
  };
}

const neverSeenAgain = (unreadable: string | undefined): PodOutcome => ({
  kind: 'PodDeleted',
  reason: 'Gone',
  message:
    unreadable === undefined
      ? 'the pod was there, and is not any more; what it did is unknown'
      : `there is no pod, and the record of the earlier attempts, which may have had one, cannot be believed: ${unreadable}`,
  // It cannot be known: the safe assumption is that work was done.
  startedEver: true,
});

/** Says nothing of a cleanup: the workflow's own looks for a pod. */
const refused = ({ kind, message }: ClusterError) =>
  failNow(
    kind === 'forbidden' ? 'Forbidden' : kind === 'namespaceNotFound' ? 'NamespaceNotFound' : 'InvalidSpec',
    message,
  );
