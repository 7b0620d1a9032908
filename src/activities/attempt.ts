/**
 * One attempt of the activity: what it is about, how it stands with Temporal, and how it waits. Attempts are free and adopt the
 * same pod; so anything that may pass is waited for here, and only an interruption or a verdict leaves.
 */
import { CancelledFailure, type Context } from '@temporalio/activity';
import { ActivityNotFoundError } from '@temporalio/client';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodRecord, PodSpec, RunPodInput } from '../types.ts';
import { failNow, podFailure } from './failure.ts';
import { ClusterError } from './kubernetes/cluster-error.ts';
import type { Cluster } from './kubernetes/cluster.ts';
import type { PodReflector } from './kubernetes/pod-reflector.ts';
import { Callbacks } from './callbacks.ts';
import type { PodDependencies } from './dependencies.ts';
import { pause } from './pause.ts';
import { deadlines, type Deadlines } from './pod/deadlines.ts';
import type { PodKey } from './pod/identity.ts';
import { graceSeconds, mainContainerName, podManifest, type ManifestContext } from './pod/manifest.ts';
import { Recorder, type Standing } from './recorder.ts';
import { parseSpec } from './spec.ts';
import { evenCancelled } from './temporal-calls.ts';

/** A cancel was requested, and this attempt is the one to carry it out. Never leaves the activity. */
export class CancelRequested extends Error {}

const SLACK_SECONDS = 60;

export class Attempt {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly cluster: Cluster;
  readonly reflector: PodReflector;
  readonly spec: PodSpec;
  readonly main: string;
  readonly limits: Deadlines;
  readonly graceSeconds: number;
  readonly key: PodKey;
  readonly manifest: V1Pod;
  readonly callbacks: Callbacks;
  #createInDoubt: boolean;

  /** @throws ApplicationFailure `InvalidSpec`, before anything is created */
  constructor(dependencies: PodDependencies, context: Context, input: RunPodInput) {
    const { info } = context;
    const workflow = info.workflowExecution;
    if (!workflow)
      throw failNow('InvalidSpec', 'runPod runs in a workflow: its run is what the pod belongs to', { gone: true });
    this.context = context;
    const earlier = info.heartbeatDetails as PodRecord | undefined;
    // An earlier attempt may have a create under way that this one knows nothing of.
    this.#createInDoubt = info.attempt > 1 || earlier !== undefined;
    // A pod that is there was admitted by the rules of its day: a newer worker's rules must not end it.
    this.spec = earlier?.pod ? input.spec : parseSpec(input.spec, this.nothingCreated());
    this.main = mainContainerName(this.spec);
    this.graceSeconds = graceSeconds(this.spec);
    this.limits = deadlines(this.spec, info.scheduledTimestampMs);
    this.key = { temporalNamespaceId: dependencies.temporalNamespaceId, ...workflow, activityId: info.activityId };
    const namespace = earlier?.pod?.namespace ?? servedNamespace(this.spec, dependencies, this.nothingCreated());
    this.manifest = this.#manifestOf({
      namespace,
      task: input.task,
      try: input.try,
      key: this.key,
      deadline: this.limits.total,
      activeDeadlineSeconds: SLACK_SECONDS + Math.ceil((this.limits.total - info.scheduledTimestampMs) / 1000),
    });
    this.callbacks = new Callbacks(dependencies.callbacks, this.spec.callbacks ?? [], {
      ...workflow,
      activityId: info.activityId,
      task: input.task,
      try: input.try,
    });
    this.cluster = dependencies.cluster;
    this.reflector = dependencies.reflector(namespace);
    this.recorder = new Recorder(context, earlier ?? { v: 1, cluster: this.cluster.id });
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
    for (let now = standing; now !== 'pending'; now = await this.recorder.ask()) {
      if (now === 'cancelled') throw new CancelRequested();
      await pause(1_000, this.signal);
      await this.throwIfInterrupted();
    }
  }

  /** Remembers for good, and goes on only as the owner of the pod. */
  async mustRecord(change: Partial<PodRecord>): Promise<void> {
    await this.mustStand(await this.recorder.record(change));
  }

  /**
   * Does something to the cluster until it is done, or too late. For a pod that may be at work (`mayWork`) even a refusal is
   * waited for. @throws ClusterError when asking again cannot help
   */
  async persist<T>(what: string, work: () => Promise<T>, { mayWork = false } = {}): Promise<T> {
    for (let backoff = 200; ; backoff = Math.min(2 * backoff, 10_000)) {
      await this.throwIfInterrupted();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ClusterError) || !(mayWork || mayPass(error))) throw error;
        this.recorder.note({ reason: `${what}: ${error.message}` });
        if (mayWork) this.#throwIfOverdue(error.message);
        else this.throwIfLateToStart(error.message);
        await pause(Math.max(backoff, error.retryAfterMs ?? 0), this.signal);
      }
    }
  }

  /** Says something to Temporal for as long as it takes; an activity that it does not know any more needs no telling. */
  async sayToTemporal(say: () => Promise<unknown>): Promise<void> {
    for (let backoff = 100; ; backoff = Math.min(2 * backoff, 5_000)) {
      try {
        await evenCancelled(this.context.client, say);
        return;
      } catch (error) {
        if (error instanceof ActivityNotFoundError) return;
        await pause(backoff);
      }
    }
  }

  /** @throws ApplicationFailure `StartTimeout` when no pod could be created in time */
  throwIfLateToStart(why: string): void {
    if (Date.now() < this.limits.start) return;
    throw podFailure(
      {
        kind: 'StartTimeout',
        reason: 'NotCreated',
        message: `no pod could be created in time: ${why}`,
        startedEver: false,
      },
      { pod: this.recorder.state.pod, cleanup: this.nothingCreated() },
    );
  }

  #throwIfOverdue(why: string): void {
    if (Date.now() < this.limits.total) return;
    const message = `timeouts.total passed, and the pod could not be read: ${why}`;
    const { pod } = this.recorder.state;
    throw podFailure({ kind: 'DeadlineExceeded', reason: 'TotalTimeout', message, startedEver: true }, { pod });
  }

  /** What a template holds is the API server's to check, so it may have any shape here. */
  #manifestOf(context: ManifestContext): V1Pod {
    try {
      return podManifest(this.spec, context);
    } catch (error) {
      throw failNow('InvalidSpec', `no pod can be made of the spec: ${String(error)}`, this.nothingCreated());
    }
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

/** A pod in a namespace that is not swept could be left behind. */
export function servedNamespace(
  { namespace }: Pick<PodSpec, 'namespace'>,
  { namespaces }: PodDependencies,
  cleanup?: Cleanup,
): string {
  if (namespace === undefined || namespaces.includes(namespace)) return namespace ?? namespaces[0];
  const served = namespaces.join(', ');
  throw failNow('InvalidSpec', `namespace: this worker serves ${served}, got ${JSON.stringify(namespace)}`, cleanup);
}

const mayPass = ({ kind }: ClusterError) => kind === 'transient' || kind === 'unauthorized' || kind === 'quota';

export const isInterruption = (error: unknown): boolean =>
  error instanceof CancelRequested || error instanceof CancelledFailure;
