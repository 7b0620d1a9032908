import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, type Duration } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkerInterceptors,
  type WorkflowBundle,
} from '@temporalio/worker';
import {
  type PodFailureDetails,
  type PodResult,
  type PodSpec,
  RERUN_MEMO,
  type RunPodInput,
  type RunRef,
} from '../../../src/contract/index.ts';
import { temporal } from '../../support/temporal.ts';
import { pretendedPods } from './pretended-pod.ts';
import type { StubInput } from './stub-pod.ts';
import type * as workflows from './index.ts';

export type Workflows = typeof workflows;
export type WorkflowName = keyof Workflows;

export const workflowsPath = fileURLToPath(new URL('./index.ts', import.meta.url));

/** What the stub pods of one workflow did: how many at once, in which order. */
export interface Pods {
  readonly started: Pick<StubInput, 'task' | 'after'>[];
  readonly ended: StubInput[];
  running: number;
  mostRunning: number;
}

export interface DagWorker {
  start<N extends WorkflowName>(name: N, ...args: Parameters<Workflows[N]>): Promise<WorkflowHandle<Workflows[N]>>;
  run<N extends WorkflowName>(name: N, ...args: Parameters<Workflows[N]>): Promise<Awaited<ReturnType<Workflows[N]>>>;
  /** A rerun of a run that has ended, by default with the same arguments. */
  rerun<N extends WorkflowName>(
    name: N,
    earlier: { workflowId: string; runId?: string },
    ...args: Parameters<Workflows[N]>
  ): Promise<WorkflowHandle<Workflows[N]>>;
  pods(workflowId: string): Pods;
  /** Tasks whose pods fail for now: see `pretendedPods`. */
  readonly broken: Set<string>;
  /** Waits until so many pods of the task have started, or ended. */
  started(run: { workflowId: string }, task: string, count: number): Promise<void>;
  ended(run: { workflowId: string }, task: string, count: number): Promise<void>;
  /** Every workflow started so far. */
  readonly handles: WorkflowHandle[];
  readonly workflowBundle: WorkflowBundle;
  close(): Promise<void>;
}

const logger = new DefaultLogger('ERROR');
let isInstalled = false;
function installRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  // Replay tests provoke what Temporal's core would warn about.
  Runtime.install({ logger, telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } } });
}

export interface DagWorkerOptions {
  /** Of the workflows. */
  timeout?: Duration;
  interceptors?: WorkerInterceptors;
}

/** A worker with stub pods and the test workflows, on a task queue of its own. */
export async function dagWorker({ timeout = '3m', interceptors = {} }: DagWorkerOptions = {}): Promise<DagWorker> {
  installRuntime();
  const temporalServer = await temporal();
  const { client, nativeConnection, namespace } = temporalServer;
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const taskQueue = `dag-${randomUUID()}`;
  const pods = new Map<string, Pods>();
  const podsOf = (workflowId: string): Pods => {
    const known = pods.get(workflowId) ?? noPods();
    pods.set(workflowId, known);
    return known;
  };
  const broken = new Set<string>();
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle,
    ...stubPods(podsOf, broken),
    interceptors,
  });
  const stopped = worker.run();
  const handles: WorkflowHandle[] = [];
  const startWith = async <N extends WorkflowName>(name: N, args: unknown[], memo: Record<string, unknown> = {}) => {
    const workflowId = `${name}-${randomUUID()}`;
    const options = { args, memo, taskQueue, workflowId, workflowExecutionTimeout: timeout };
    const handle = await client.workflow.start<Workflows[N]>(name, options as never);
    handles.push(handle as WorkflowHandle);
    return handle;
  };
  const start: DagWorker['start'] = (name, ...args) => startWith(name, args);
  const rerun: DagWorker['rerun'] = async (name, { workflowId, runId }, ...args) => {
    const earlier = { workflowId, runId: runId ?? (await client.workflow.getHandle(workflowId).describe()).runId };
    return startWith(name, args, { [RERUN_MEMO]: earlier satisfies RunRef });
  };
  const reach = async (what: 'started' | 'ended', workflowId: string, task: string, count: number) => {
    const isThere = () => podsOf(workflowId)[what].filter((pod) => pod.task === task).length >= count;
    for (let end = Date.now() + 30_000; !isThere(); await new Promise((resolve) => setTimeout(resolve, 20)))
      if (Date.now() > end) throw new Error(`waited in vain for ${count} pods of ${task} to be ${what}`);
  };
  return {
    start,
    rerun,
    broken,
    started: ({ workflowId }, task, count) => reach('started', workflowId, task, count),
    ended: ({ workflowId }, task, count) => reach('ended', workflowId, task, count),
    run: async (name, ...args) => (await (await start(name, ...args)).result()) as never,
    pods: podsOf,
    handles,
    workflowBundle,
    close: async () => {
      worker.shutdown();
      await stopped;
      await temporalServer.close();
    },
  };
}

/** What the stub pods need of a worker. */
export function stubPods(podsOf: (workflowId: string) => Pods, broken = new Set<string>()) {
  const hungry = memoryHungry(podsOf);
  const pretended = pretendedPods(broken, (workflowId, input) => podsOf(workflowId).started.push(input));
  return {
    activities: {
      stubPod: (input: StubInput) => stubPod(input, podsOf),
      runPod: (input: RunPodInput) => (input.task === 'hungry' ? hungry(input) : pretended(input)),
    },
    maxHeartbeatThrottleInterval: 200,
    maxConcurrentActivityTaskExecutions: 500,
  };
}

export const noPods = (): Pods => ({ started: [], ended: [], running: 0, mostRunning: 0 });

/** Stands in for the activity `runPod`, for a pod that needs 2 GiB. */
const memoryHungry =
  (podsOf: (workflowId: string) => Pods) =>
  async ({ spec, task }: { spec: PodSpec; task: string }): Promise<Partial<PodResult>> => {
    const cleanup = { gone: true };
    podsOf(Context.current().info.workflowExecution!.workflowId).ended.push({ spec: {}, task, after: [] });
    if (spec.resources?.limits?.memory === '2Gi') return { outcome: 'Succeeded', exitCode: 0, output: spec, cleanup };
    const details: PodFailureDetails = { kind: 'OOMKilled', startedEver: true, cleanup };
    throw ApplicationFailure.nonRetryable('out of memory', 'OOMKilled', details);
  };

async function stubPod(input: StubInput, podsOf: (workflowId: string) => Pods): Promise<{ output: unknown }> {
  const context = Context.current();
  const pods = podsOf(context.info.workflowExecution!.workflowId);
  pods.started.push(input);
  pods.mostRunning = Math.max(pods.mostRunning, ++pods.running);
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    if (input.spec.ms) await context.sleep(input.spec.ms);
    if (input.spec.fail) throw ApplicationFailure.nonRetryable(input.spec.fail, 'ContainerFailed');
    return { output: input.spec.output };
  } finally {
    clearInterval(beat);
    pods.running--;
    pods.ended.push(input);
  }
}
