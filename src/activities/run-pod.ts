/**
 * The life of one pod, as an activity: be born, be followed to its end, have that end recorded, and only then be deleted. Every step
 * can be the last one of this attempt; the next attempt finds the pod by its name and its record in the heartbeat details.
 */
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, LogSummary, PodEnd, PodOutcome, PodRef, PodResult, RunPodInput } from '../types.ts';
import { Attempt, CancelRequested, isInterruption, type PodDependencies } from './attempt.ts';
import { bear, refOf } from './birth.ts';
import { isAbandoned, meaningOf } from './cancellation.ts';
import { failNow, podFailure } from './failure.ts';
import { ClusterError } from './kubernetes/cluster-error.ts';
import { pause } from './pause.ts';
import { PodFeed } from './pod-feed.ts';
import { PodLogs } from './pod-logs.ts';
import { belongsTo } from './pod/identity.ts';
import { statusOf } from './pod/outcome.ts';
import { concludePod, type Verdict } from './conclude.ts';
import { followPod } from './follow-pod.ts';
import { removePod } from './remove-pod.ts';

/** With the main container at its end, sidecars get no more than this many seconds. */
const SIDECAR_GRACE_SECONDS = 5;

/** How long a deletion waits for the log streams to be open. */
const OPEN_MS = 2_000;
/** How long a look before a deletion may take. */
const LOOK_MS = 5_000;
/** How long a pod whose containers have all ended is given to be over as a whole. */
const PHASE_MS = 3_000;

export async function runPod(dependencies: PodDependencies, input: RunPodInput): Promise<PodResult> {
  const attempt = new Attempt(dependencies, Context.current(), input);
  const life = new Life(attempt, dependencies.logRoot);
  try {
    return await life.live();
  } catch (error) {
    if (isInterruption(error)) return await life.interrupted(error);
    throw error instanceof ClusterError ? refused(error) : error;
  } finally {
    await life.close();
  }
}

class Life {
  readonly #attempt: Attempt;
  readonly #logs: PodLogs;
  #feed: PodFeed | undefined;

  constructor(attempt: Attempt, logRoot: string) {
    this.#attempt = attempt;
    this.#logs = new PodLogs(attempt, logRoot);
  }

  async live(): Promise<PodResult> {
    const { recorder, cluster } = this.#attempt;
    // The first act: an attempt that is superseded, or whose run is over, touches nothing.
    await this.#attempt.mustStand(await recorder.ask());
    if (recorder.state.cluster !== cluster.id) throw otherCluster(recorder.state.pod);
    if (recorder.state.ended) return this.#settle(recorder.state.ended, await this.#removeOurs());
    const ended = await this.#toItsEnd();
    return this.#settle(ended, await this.#remove());
  }

  /** From birth to a recorded end. */
  async #toItsEnd(): Promise<PodEnd> {
    const attempt = this.#attempt;
    const pod = await bear(attempt);
    if (!pod) {
      // Gone by a hand that is not ours: it may have been the workflow's, after a cancel.
      await attempt.mustStand(await attempt.recorder.ask());
      return this.#record({ outcome: neverSeenAgain, stillRuns: false });
    }
    return this.#record(await followPod(attempt, this.#watch(pod), this.#logs));
  }

  #watch(pod: V1Pod): PodFeed {
    const { cluster, reflector } = this.#attempt;
    return (this.#feed = new PodFeed(cluster, reflector, refOf(pod), pod));
  }

  /** Drains the logs, then writes the whole end down: once the pod is deleted, nobody could tell. */
  async #record(verdict: Verdict): Promise<PodEnd> {
    const attempt = this.#attempt;
    const ended = await concludePod(attempt, verdict, this.#feed, this.#logs);
    const standing = await attempt.recorder.record({ ended, phase: ended.phase, reason: ended.outcome.kind });
    // A recorded end stands, also against a cancel that came meanwhile. Not recorded: then it is not ours to tell.
    if (standing === 'notFound') await attempt.mustStand(standing);
    return ended;
  }

  async #remove(): Promise<Cleanup> {
    const { cluster, recorder, graceSeconds, context } = this.#attempt;
    const ref = recorder.state.pod;
    if (!ref) return { gone: true };
    const mainEnded = this.#mainHasEnded();
    const expectSeconds = mainEnded ? Math.min(graceSeconds, SIDECAR_GRACE_SECONDS) : graceSeconds;
    const stopped = new AbortController();
    // Only a worker that shuts down may leave now; whoever is cancelled here has the deletion to do.
    const leave = () => context.cancellationDetails?.workerShutdown && stopped.abort();
    context.cancellationSignal.addEventListener('abort', leave);
    leave();
    if (mainEnded) await this.#untilOver();
    // A stream must be open when the DELETE arrives: afterwards there may be no time to open one.
    await this.#logs.opened(OPEN_MS);
    const drained = this.#logs.drainOpen((expectSeconds + 5) * 1000);
    const cleanup = await removePod(cluster, ref, {
      expectSeconds,
      ...(mainEnded && { graceSeconds: Math.max(1, expectSeconds) }),
      signal: stopped.signal,
    });
    await drained;
    context.cancellationSignal.removeEventListener('abort', leave);
    return cleanup;
  }

  /**
   * The kubelet tells the end of the containers first, and the end of the pod about a second later. A pod that is deleted in
   * between has to be terminated once more, which takes longer than to wait; one that is over vanishes with the DELETE.
   */
  async #untilOver(): Promise<void> {
    const feed = this.#feed;
    const end = Date.now() + PHASE_MS;
    const isClosing = (pod: V1Pod) =>
      pod.status?.phase === 'Running' || pod.status?.phase === 'Pending'
        ? (pod.status.containerStatuses ?? []).every(({ state }) => state?.terminated)
        : false;
    while (feed && !feed.gone && !feed.latest.metadata?.deletionTimestamp && isClosing(feed.latest) && Date.now() < end)
      await feed.change(end - Date.now(), new AbortController().signal);
  }

  /** A pod that was not seen is given its own grace. */
  #mainHasEnded(): boolean {
    return this.#feed !== undefined && statusOf(this.#feed.latest, this.#attempt.main)?.state?.terminated !== undefined;
  }

  /** What the activity says in the end. */
  #settle(ended: PodEnd, cleanup: Cleanup): PodResult {
    const { recorder } = this.#attempt;
    const { outcome, node, times, output } = ended;
    const logs = newer(this.#logs.summary(), ended.logs);
    const pod = recorder.state.pod as PodRef;
    if (outcome.kind === 'Succeeded')
      return { exitCode: outcome.exitCode ?? 0, output, pod: { ...pod, node }, times, logs, cleanup };
    const { events, phase } = ended;
    throw podFailure(outcome, { pod, node, phase, times, events, logs, tail: logs.tail, cleanup });
  }

  /** This attempt is to end before the pod's end is known. */
  async interrupted(interruption: unknown): Promise<never> {
    const { context } = this.#attempt;
    const cancelled = interruption instanceof CancelRequested;
    switch (cancelled ? 'delete' : meaningOf(context.cancellationDetails)) {
      case 'delete':
        await this.#cancelled();
        throw new CompleteAsyncError();
      case 'ask':
        if (await isAbandoned(context)) await this.#removeOurs();
        throw interruption;
      case 'leave':
        throw interruption;
    }
  }

  /**
   * Reports the cancel by task token, not by throwing: the SDK may not have been told of the cancel yet, and would make a failure
   * of what is thrown; and the report carries what the workflow needs to know about the pod.
   */
  async #cancelled(): Promise<void> {
    const { context, recorder } = this.#attempt;
    const cleanup = await this.#removeOurs();
    const { pod } = recorder.state;
    await this.#attempt.sayToTemporal(() =>
      context.client.activity.reportCancellation(context.info.taskToken, {
        pod,
        cluster: recorder.state.cluster,
        cleanup,
        logs: this.#logs.summary(),
      }),
    );
  }

  /** Also a pod whose create was answered too late for its uid to be recorded, and one that this attempt has not seen yet. */
  async #removeOurs(): Promise<Cleanup> {
    const { recorder, cluster, manifest, key } = this.#attempt;
    if (recorder.state.cluster !== cluster.id) return { gone: false, error: otherCluster(recorder.state.pod).message };
    const { namespace = '', name = '' } = recorder.state.pod ?? manifest.metadata ?? {};
    try {
      const pod = this.#feed?.latest ?? (await again(() => cluster.readPod(namespace, name)));
      if (pod && belongsTo(pod, key)) {
        recorder.note({ pod: refOf(pod) });
        const feed = this.#feed ?? this.#watch(pod);
        // A container that has just started: its last words are only to be had now.
        await feed.refresh(LOOK_MS);
        if (!this.#mainHasEnded()) this.#logs.follow(feed);
      }
    } catch {
      // The removal asks again, for longer.
    }
    // A 404 proves nothing here: the workflow's own cleanup looks again after the activity has closed.
    return recorder.state.pod ? this.#remove() : { gone: false, error: 'there was no pod yet' };
  }

  async close(): Promise<void> {
    await this.#logs.stop();
    this.#feed?.close();
    this.#attempt.recorder.close();
  }
}

const neverSeenAgain: PodOutcome = {
  kind: 'PodDeleted',
  reason: 'Gone',
  message: 'the pod was there, and is not any more; what it did is unknown',
  // Nobody can tell: the safe assumption is that work was done.
  startedEver: true,
};

/** Asks a few times: one bad answer must not cost a pod its last words. */
async function again<T>(work: () => Promise<T>, left = 5): Promise<T> {
  return work().catch((error: unknown) => {
    if (left === 0) throw error;
    return pause(200).then(() => again(work, left - 1));
  });
}

/** Says nothing of a cleanup: the workflow's own looks for a pod. */
const refused = ({ kind, message }: ClusterError) =>
  failNow(
    kind === 'forbidden' ? 'Forbidden' : kind === 'namespaceNotFound' ? 'NamespaceNotFound' : 'InvalidSpec',
    message,
  );

/** Retryable: a worker of the right cluster takes the next attempt. */
const otherCluster = (pod: PodRef | undefined) =>
  ApplicationFailure.retryable(
    `pod ${pod?.namespace}/${pod?.name} lives in another cluster than the one this worker is configured for; ` +
      'give each Kubernetes cluster a task queue of its own',
    'OtherCluster',
  );

/** This attempt's counters cover everything before it; an attempt that only cleaned up has none. */
const newer = (now: LogSummary | undefined, recorded: LogSummary) =>
  now && now.lines >= recorded.lines ? now : recorded;
