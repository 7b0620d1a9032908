/**
 * One attempt of the activity: what it is about, how it stands with Temporal, and how it waits. Attempts are free and adopt the
 * same pod; so anything that may pass is waited for here, and only an interruption or a verdict leaves.
 */
import { CancelledFailure, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodRecord, PodSpec, RunPodInput } from '../contract/index.ts';
import { failNow, podFailure } from './failure.ts';
import { UNANSWERED } from './failure-text.ts';
import { ClusterError, retryAfterMs } from '../kubernetes/cluster-error.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { PodReflector } from '../kubernetes/pod-reflector.ts';
import { Callbacks } from './callbacks.ts';
import { composeManifest } from './compose-manifest.ts';
import type { PodDependencies } from './dependencies.ts';
import { pause } from '../common/pause.ts';
import { retry } from '../common/retry.ts';
import { nameOf, type Deadlines } from '../pod/deadlines.ts';
import { podName, type PodKey } from '../pod/identity.ts';
import { mainContainerName } from '../contract/defaults.ts';
import { defaultTotal, withTotal } from '../policy/index.ts';
import { earlierRecord } from './heartbeat-record.ts';
import { Recorder, type Standing } from './recorder.ts';
import { waitsOf, type Waits } from './waits.ts';
import { manifestContext, parseSpec, podKeyOf, servedNamespace } from './request.ts';

/** A cancel was requested, and this attempt is the one to carry it out. Never leaves the activity. */
export class CancelRequested extends Error {}

/** Between two questions of an attempt that does not stand. */
const LONGEST_PAUSE_MS = 30_000;

export class Attempt {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly cluster: Cluster;
  readonly reflector: PodReflector;
  readonly spec: PodSpec;
  readonly main: string;
  readonly limits: Deadlines;
  readonly waits: Waits;
  readonly key: PodKey;
  /** Where the pod is, or would be. */
  readonly namespace: string;
  readonly podName: string;
  readonly callbacks: Callbacks;
  /** Makes the manifest of a pod that is not there yet: templates, callbacks and policy have no say about one that is. */
  readonly compose: () => Promise<V1Pod>;
  /** Why what earlier attempts remembered is not known: a pod of theirs may have run, and may be gone. */
  readonly unreadable: string | undefined;
  #createInDoubt: boolean;

  /** @throws ApplicationFailure `InvalidSpec`, before anything is created */
  constructor(dependencies: PodDependencies, context: Context, input: RunPodInput) {
    const { info } = context;
    const key = podKeyOf(info, dependencies);
    if (!key)
      throw failNow('InvalidSpec', 'runPod runs in a workflow: its run is what the pod belongs to', { gone: true });
    this.context = context;
    this.waits = waitsOf(dependencies.waits);
    const { namespaces } = dependencies;
    const { record: earlier, unreadable } = earlierRecord(info.heartbeatDetails, { key, task: input.task, namespaces });
    this.unreadable = unreadable;
    if (unreadable !== undefined)
      context.log.warn(`the record of the earlier attempts cannot be believed: ${unreadable}`);
    // An earlier attempt may have a create under way that this one knows nothing of.
    this.#createInDoubt = info.attempt > 1 || earlier !== undefined || unreadable !== undefined;
    // A pod that is there was admitted by the rules of its day: a newer worker's rules must not end it.
    const asked = earlier?.pod ? input.spec : parseSpec(input.spec, this.nothingCreated());
    const total = earlier ? earlier.total : defaultTotal(asked, dependencies.policy);
    this.spec = withTotal(asked, total);
    this.main = mainContainerName(this.spec);
    this.key = key;
    const namespace = earlier?.pod?.namespace ?? servedNamespace(this.spec, dependencies, this.nothingCreated());
    this.namespace = namespace;
    this.podName = podName(input.task, this.key);
    this.callbacks = new Callbacks(
      dependencies.callbacks,
      this.spec.callbacks ?? [],
      { workflowId: key.workflowId, runId: key.runId, activityId: key.activityId, task: input.task, try: input.try },
      { adopted: earlier?.pod !== undefined },
    );
    const about = { namespace, task: input.task, try: input.try, key };
    const { limits, context: manifest } = manifestContext(this.spec, about, info.scheduledTimestampMs);
    this.limits = limits;
    this.compose = () =>
      composeManifest(dependencies, this.spec, manifest, this.callbacks).catch((error: unknown) => {
        throw this.#refusal(error);
      });
    this.cluster = dependencies.cluster;
    this.reflector = dependencies.reflector(namespace);
    this.recorder = new Recorder(
      context,
      earlier ?? { v: 1, cluster: this.cluster.id, ...(total !== undefined && { total }) },
    );
  }

  /** Fires when the SDK was told to end this attempt, for whatever reason. */
  get signal(): AbortSignal {
    return this.context.cancellationSignal;
  }

  /** @throws the SDK's own CancelledFailure when this attempt is to end */
  async throwIfInterrupted(): Promise<void> {
    if (this.signal.aborted) await this.context.cancelled;
  }

  /** Returns when the attempt stands; otherwise waits for the SDK to be told what Temporal has told us. */
  async mustStand(standing: Standing): Promise<void> {
    let ms = 1_000;
    for (let now = standing; now !== 'pending'; now = await this.recorder.ask()) {
      if (now === 'cancelled') throw new CancelRequested();
      // The SDK hears of it with its next heartbeat, which may be minutes away: no reason to ask each second.
      this.context.heartbeat(this.recorder.state);
      await pause(ms, this.signal);
      await this.throwIfInterrupted();
      ms = Math.min(2 * ms, LONGEST_PAUSE_MS);
    }
  }

  /** Whether what the pod prints is this attempt's to store. Also after a cancel: it has the deletion to do, and the last lines. */
  readonly mayWrite = async (): Promise<boolean> => {
    const standing = await this.recorder.ask();
    return standing === 'pending' || standing === 'cancelled';
  };

  /** Remembers for good, and goes on only as the owner of the pod. */
  async mustRecord(change: Partial<PodRecord>): Promise<void> {
    await this.mustStand(await this.recorder.record(change));
  }

  /**
   * Does something to the cluster until it is done, or too late. For a pod that may be at work (`mayWork`) even a refusal is
   * waited for. @throws ClusterError when asking again cannot help
   */
  async persist<T>(what: string, work: () => Promise<T>, { mayWork = false } = {}): Promise<T> {
    await this.throwIfInterrupted();
    try {
      return await retry(work, {
        firstMs: 200,
        mostMs: 10_000,
        signal: this.signal,
        isFinal: (error) => !(error instanceof ClusterError) || !(mayWork || mayPass(error)),
        leastMs: retryAfterMs,
        onRetry: (error) => {
          const { message } = error as ClusterError;
          this.recorder.note({ reason: `${what}: ${message}` });
          if (mayWork) this.#throwIfOverdue(message);
          else this.throwIfLateToCreate(message);
        },
      });
    } catch (error) {
      await this.throwIfInterrupted();
      throw error;
    }
  }

  /** @throws ApplicationFailure `ScheduleTimeout`, or `QuotaExceeded` by the last refusal, when no pod could be created in time */
  throwIfLateToCreate(why: string, quota = false): void {
    if (Date.now() < this.limits.schedule) return;
    throw podFailure(
      {
        kind: quota ? 'QuotaExceeded' : 'ScheduleTimeout',
        reason: 'NotCreated',
        message: `${nameOf('schedule', this.limits)} passed, and no pod could be created: ${why}`,
        startedEver: false,
      },
      { pod: this.recorder.state.pod, cleanup: this.nothingCreated() },
    );
  }

  #throwIfOverdue(why: string): void {
    if (Date.now() < this.limits.total) return;
    const message = `${nameOf('total', this.limits)} passed${UNANSWERED}${why}`;
    const { pod } = this.recorder.state;
    throw podFailure({ kind: 'DeadlineExceeded', reason: 'TotalTimeout', message, startedEver: true }, { pod });
  }

  /** Says whether there is something to clean up, which only the attempt knows. */
  #refusal(error: unknown): unknown {
    if (!(error instanceof ApplicationFailure)) return error;
    return failNow(error.type ?? 'InvalidSpec', error.message, this.nothingCreated());
  }

  /** Whether a pod of this activity may have been created, as far as is known without looking. */
  get mayHaveCreated(): boolean {
    return this.#createInDoubt;
  }

  /** A POST was not answered, or not clearly: it may have been done. */
  createIsInDoubt(): void {
    this.#createInDoubt = true;
  }

  /** The proof that there is nothing to clean up, where there is one. */
  nothingCreated(): Cleanup | undefined {
    return this.#createInDoubt || this.recorder?.state.pod ? undefined : { gone: true };
  }
}

const mayPass = ({ kind }: ClusterError) => kind === 'transient' || kind === 'unauthorized' || kind === 'quota';

export const isInterruption = (error: unknown): boolean =>
  error instanceof CancelRequested || error instanceof CancelledFailure;
