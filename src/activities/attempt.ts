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
import { pause } from './pause.ts';
import { deadlines, type Deadlines } from './pod/deadlines.ts';
import type { PodKey } from './pod/identity.ts';
import { graceSeconds, mainContainerName, podManifest } from './pod/manifest.ts';
import { Recorder, type Standing } from './recorder.ts';
import { parseSpec } from './spec.ts';

/** What the worker brings. */
export interface PodDependencies {
  cluster: Cluster;
  reflector: (namespace: string) => PodReflector;
  /** The Kubernetes namespaces served, and swept; the first one is for specs that name none. */
  namespaces: readonly [string, ...string[]];
  /** UUID of the Temporal namespace. */
  temporalNamespaceId: string;
  /** Folder of the logs; shared by all workers of a task queue, or a log that changes workers is cut in two. */
  logRoot: string;
}

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
  #createInDoubt: boolean;

  /** @throws ApplicationFailure `InvalidSpec`, before anything is created */
  constructor(dependencies: PodDependencies, context: Context, input: RunPodInput) {
    const { info } = context;
    const workflow = info.workflowExecution;
    if (!workflow)
      throw failNow('InvalidSpec', 'runPod runs in a workflow: its run is what the pod belongs to', { gone: true });
    this.context = context;
    this.spec = parseSpec(input.spec);
    this.main = mainContainerName(this.spec);
    this.graceSeconds = graceSeconds(this.spec);
    this.limits = deadlines(this.spec, info.scheduledTimestampMs);
    this.key = { temporalNamespaceId: dependencies.temporalNamespaceId, ...workflow, activityId: info.activityId };
    const namespace = servedNamespace(this.spec, dependencies);
    this.manifest = podManifest(this.spec, {
      namespace,
      task: input.task,
      try: input.try,
      key: this.key,
      deadline: this.limits.total,
      activeDeadlineSeconds: SLACK_SECONDS + Math.ceil((this.limits.total - info.scheduledTimestampMs) / 1000),
    });
    this.cluster = dependencies.cluster;
    this.reflector = dependencies.reflector(namespace);
    const earlier = info.heartbeatDetails as PodRecord | undefined;
    // An earlier attempt may have a create under way that this one knows nothing of.
    this.#createInDoubt = info.attempt > 1;
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

  /** Does something to the cluster for as long as it takes. @throws ClusterError when asking again cannot help */
  async persist<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let backoff = 200; ; backoff = Math.min(2 * backoff, 10_000)) {
      await this.throwIfInterrupted();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ClusterError) || !mayPass(error)) throw error;
        this.recorder.note({ reason: `${what}: ${error.message}` });
        await pause(Math.max(backoff, error.retryAfterMs ?? 0), this.signal);
      }
    }
  }

  /** Says something to Temporal for as long as it takes; an activity that it does not know any more needs no telling. */
  async sayToTemporal(say: () => Promise<unknown>): Promise<void> {
    for (let backoff = 100; ; backoff = Math.min(2 * backoff, 5_000)) {
      try {
        // The activity's own signal is aborted by now: a fresh one.
        await this.context.client.withAbortSignal(new AbortController().signal, say);
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
      { cleanup: this.nothingCreated() },
    );
  }

  /** A POST was not answered, or not clearly: it may have been done. */
  createIsInDoubt(): void {
    this.#createInDoubt = true;
  }

  /** The proof that there is nothing to clean up, where there is one. */
  nothingCreated(): Cleanup | undefined {
    return this.#createInDoubt ? undefined : { gone: true };
  }
}

/** A pod in a namespace that is not swept could be left behind. */
export function servedNamespace({ namespace }: Pick<PodSpec, 'namespace'>, { namespaces }: PodDependencies): string {
  if (namespace === undefined || namespaces.includes(namespace)) return namespace ?? namespaces[0];
  const served = namespaces.join(', ');
  throw failNow('InvalidSpec', `namespace: this worker serves ${served}, got ${JSON.stringify(namespace)}`, {
    gone: true,
  });
}

const mayPass = ({ kind }: ClusterError) => kind === 'transient' || kind === 'unauthorized' || kind === 'quota';

export const isInterruption = (error: unknown): boolean =>
  error instanceof CancelRequested || error instanceof CancelledFailure;
