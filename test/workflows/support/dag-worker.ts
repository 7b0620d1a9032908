import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { temporal } from '../../support/temporal.ts';
import type * as workflows from './index.ts';
import type { StubInput } from './stub-pod.ts';

export type Workflows = typeof workflows;
export type WorkflowName = keyof Workflows;

/** What the stub pods of one workflow did: how many at once, in which order. */
export interface Pods {
  readonly started: StubInput[];
  running: number;
  mostRunning: number;
}

export interface DagWorker {
  start<N extends WorkflowName>(name: N, ...args: Parameters<Workflows[N]>): Promise<WorkflowHandle<Workflows[N]>>;
  run<N extends WorkflowName>(name: N, ...args: Parameters<Workflows[N]>): Promise<Awaited<ReturnType<Workflows[N]>>>;
  pods(workflowId: string): Pods;
  /** Every workflow started so far. */
  readonly handles: WorkflowHandle[];
  readonly workflowBundle: WorkflowBundle;
  close(): Promise<void>;
}

/** A worker with stub pods and the test workflows, on a task queue of its own. */
export async function dagWorker(): Promise<DagWorker> {
  const logger = new DefaultLogger('ERROR');
  // Replay tests provoke what Temporal's core would warn about.
  Runtime.install({ logger, telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } } });
  const temporalServer = await temporal();
  const { client, nativeConnection, namespace } = temporalServer;
  const workflowsPath = fileURLToPath(new URL('./index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const taskQueue = `dag-${randomUUID()}`;
  const pods = new Map<string, Pods>();
  const podsOf = (workflowId: string): Pods => {
    const known = pods.get(workflowId) ?? { started: [], running: 0, mostRunning: 0 };
    pods.set(workflowId, known);
    return known;
  };
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle,
    activities: { stubPod: (input: StubInput) => stubPod(input, podsOf) },
    maxHeartbeatThrottleInterval: '200ms',
    maxConcurrentActivityTaskExecutions: 500,
  });
  const stopped = worker.run();
  const handles: WorkflowHandle[] = [];
  const start: DagWorker['start'] = async (name, ...args) => {
    const options = { args, taskQueue, workflowId: `${name}-${randomUUID()}`, workflowExecutionTimeout: '60s' };
    const handle = await client.workflow.start<Workflows[typeof name]>(name, options as never);
    handles.push(handle as WorkflowHandle);
    return handle;
  };
  return {
    start,
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
  }
}
