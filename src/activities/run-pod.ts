/**
 * The life of one pod, as an activity: be born, be followed to its end, have that end recorded, and only then be deleted. Every step
 * can be the last one of this attempt; the next attempt finds the pod by its name and its record in the heartbeat details.
 */
import { Context } from '@temporalio/activity';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEnd, PodOutcome, PodRef, PodResult, RunPodInput } from '../contract/index.ts';
import { Attempt, isInterruption } from './attempt.ts';
import { bear, refOf } from './birth.ts';
import type { PodDependencies } from './dependencies.ts';
import type { EarlierRuns } from './earlier/earlier-runs.ts';
import { reusedResult } from './earlier/reuse.ts';
import { failNow, podFailure } from './failure.ts';
import { fuller, interrupted, type Life } from './interrupted.ts';
import { keepOrTakeDown } from './keep-pod.ts';
import { ClusterError } from '../kubernetes/cluster-error.ts';
import { PodFeed } from './pod-feed.ts';
import { PodLogs } from './pod-logs.ts';
import { concludePod, readAgain, type Verdict } from './conclude.ts';
import { followPod } from './follow-pod.ts';
import { Outputs } from './result/outputs.ts';
import { otherCluster, see } from './take-down.ts';

export async function runPod(
  dependencies: PodDependencies,
  input: RunPodInput,
  earlierRuns: EarlierRuns,
): Promise<PodResult> {
  const attempt = new Attempt(dependencies, Context.current(), input);
  const life = new PodLife(attempt, dependencies.logRoot, () => reusedResult(attempt, input, earlierRuns));
  try {
    return await life.live();
  } catch (error) {
    if (isInterruption(error)) return await interrupted(life, error);
    throw error instanceof ClusterError ? refused(error) : error;
  } finally {
    await life.close();
  }
}

/** One attempt's part in the life of its pod. */
class PodLife implements Life {
  readonly attempt: Attempt;
  readonly logs: PodLogs;
  readonly #outputs = new Outputs();
  readonly #reused: () => Promise<PodResult | undefined>;
  feed: PodFeed | undefined;

  constructor(attempt: Attempt, logRoot: string, reused: () => Promise<PodResult | undefined>) {
    this.attempt = attempt;
    this.#reused = reused;
    this.logs = new PodLogs(attempt, logRoot);
  }

  async live(): Promise<PodResult> {
    const { recorder, cluster } = this.attempt;
    // The first act: an attempt that is superseded, or whose run is over, touches nothing.
    const standing = await recorder.ask();
    // A recorded end stands, also against a cancel.
    if (!recorder.state.ended || standing === 'notFound') await this.attempt.mustStand(standing);
    if (recorder.state.cluster !== cluster.id) throw otherCluster(recorder.state.pod);
    const { ended } = recorder.state;
    if (ended) await see(this);
    const reused = ended ? undefined : await this.#reused();
    if (reused) return reused;
    return this.#settle(ended ?? (await this.#toItsEnd()));
  }

  /** From birth to a recorded end. */
  async #toItsEnd(): Promise<PodEnd> {
    const attempt = this.attempt;
    const pod = await bear(attempt);
    if (!pod) {
      // Gone by a hand that is not ours: it may have been the workflow's, after a cancel.
      await attempt.mustStand(await attempt.recorder.ask());
      return this.record({ outcome: neverSeenAgain, stillRuns: false });
    }
    return this.record(await followPod(attempt, this.watch(pod), this.logs));
  }

  watch(pod: V1Pod): PodFeed {
    const { cluster, reflector } = this.attempt;
    return (this.feed = new PodFeed(cluster, reflector, refOf(pod), pod));
  }

  /** Drains the logs, then writes the whole end down: once the pod is deleted, nobody could tell. */
  async record(verdict: Verdict): Promise<PodEnd> {
    const attempt = this.attempt;
    const ended = await concludePod(attempt, verdict, this.feed, this.logs, this.#outputs);
    const standing = await attempt.recorder.record({ ended, phase: ended.phase, reason: ended.outcome.kind });
    // A recorded end stands, also against a cancel that came meanwhile. Not recorded: then it is not ours to tell.
    if (standing === 'notFound') await attempt.mustStand(standing);
    return ended;
  }

  /** What the activity says in the end, once its pod is seen to. */
  async #settle(ended: PodEnd): Promise<PodResult> {
    const { recorder } = this.attempt;
    // While the pod is there: a result that is not on this worker's storage can be read from it once more.
    const loaded = await this.#outputs.of(ended, () => readAgain(this.attempt, this.feed, this.logs));
    const cleanup = await keepOrTakeDown(this, ended);
    const { outcome, node, times, events, phase, problems } = ended;
    const logs = fuller(this.logs.summary(ended.outcome.container), ended.logs);
    const pod = recorder.state.pod as PodRef;
    const facts = { times, ...(events && { events }), logs, ...(problems && { problems }), cleanup };
    const failWith = (failed: PodOutcome) => podFailure(failed, { pod, node, phase, ...facts });
    if (outcome.kind !== 'Succeeded' && outcome.kind !== 'Skipped') throw failWith(outcome);
    if ('lost' in loaded) throw failWith({ ...outcome, kind: 'ResultMissing', message: loaded.lost });
    return { outcome: outcome.kind, exitCode: outcome.exitCode ?? 0, ...loaded, pod: { ...pod, node }, ...facts };
  }

  async close(): Promise<void> {
    await this.logs.stop();
    this.feed?.close();
    this.attempt.recorder.close();
  }
}

const neverSeenAgain: PodOutcome = {
  kind: 'PodDeleted',
  reason: 'Gone',
  message: 'the pod was there, and is not any more; what it did is unknown',
  // Nobody can tell: the safe assumption is that work was done.
  startedEver: true,
};

/** Says nothing of a cleanup: the workflow's own looks for a pod. */
const refused = ({ kind, message }: ClusterError) =>
  failNow(
    kind === 'forbidden' ? 'Forbidden' : kind === 'namespaceNotFound' ? 'NamespaceNotFound' : 'InvalidSpec',
    message,
  );
