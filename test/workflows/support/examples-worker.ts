/** A worker with the examples and pods that only pretend: what each does is decided by the test, from its spec. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import type { OutcomeKind, PodFailureDetails, PodResult, RunPodInput } from '../../../src/contract/index.ts';
import type * as examples from '../../../src/workflows/examples/index.ts';
import { temporal } from '../../support/temporal.ts';
import { replayProblems } from './replay.ts';

export type Examples = typeof examples;

/** How a pod ends; by default well, at once and without output. */
export interface Ending {
  output?: unknown;
  /** With this exit code. */
  exit?: number;
  fail?: OutcomeKind;
  /** Not before this. A pod that is cancelled meanwhile takes a moment to stop. */
  after?: Promise<unknown>;
}
export interface Pod extends RunPodInput {
  workflowId: string;
  runId: string;
  state: 'runs' | 'ended' | 'cancelled';
}
export type Behaviour = (pod: Pod) => Ending | undefined;

export interface ExamplesWorker {
  readonly client: Client;
  readonly taskQueue: string;
  /** Workflow ids of a test begin with this. */
  id(): string;
  /** What pods of workflows do whose id begins so. */
  pods(idPrefix: string, behaviour: Behaviour): void;
  start<N extends keyof Examples>(
    name: N,
    args: Parameters<Examples[N]>,
    behaviour?: Behaviour,
  ): Promise<WorkflowHandle<Examples[N]>>;
  run<N extends keyof Examples>(
    name: N,
    args: Parameters<Examples[N]>,
    behaviour?: Behaviour,
  ): Promise<Awaited<ReturnType<Examples[N]>>>;
  /** All pods so far of workflows whose id begins so, in the order of their starts. */
  podsOf(idPrefix: string): Pod[];
  /** Their tasks, in the order of their starts. */
  tasksOf(run: { workflowId: string }): string;
  /** `task:state` of each, by name. */
  endsOf(run: { workflowId: string }): string;
  /** Waits until a pod of this task runs. */
  runs(idPrefix: string, task: string): Promise<Pod>;
  /** Asks until there is an answer, for at most 30 s. */
  eventually<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T>;
  /** The most pods of this kind that ran at the same time. */
  mostAtOnce(idPrefix: string): number;
  /** One line for each run of this worker that does not fit the code. */
  replayAll(): Promise<string[]>;
  close(): Promise<void>;
}

let isInstalled = false;
const logger = new DefaultLogger('ERROR');

export async function examplesWorker(): Promise<ExamplesWorker> {
  if (!isInstalled)
    Runtime.install({
      logger,
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    });
  isInstalled = true;
  const server = await temporal();
  const { client, namespace } = server;
  const workflowsPath = fileURLToPath(new URL('../../../src/workflows/examples/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const taskQueue = `examples-${randomUUID()}`;
  const behaviours = new Map<string, Behaviour>();
  const pods: Pod[] = [];
  const most = new Map<string, number>();
  const runs = new Map<string, { workflowId: string; runId: string }>();

  const runPod = async (input: RunPodInput): Promise<Partial<PodResult>> => {
    const context = Context.current();
    const { workflowId, runId } = context.info.workflowExecution!;
    runs.set(runId, { workflowId, runId });
    const pod: Pod = { ...input, workflowId, runId, state: 'runs' };
    pods.push(pod);
    for (const prefix of behaviours.keys()) {
      const now = pods.filter((one) => one.state === 'runs' && one.workflowId.startsWith(prefix)).length;
      if (workflowId.startsWith(prefix)) most.set(prefix, Math.max(most.get(prefix) ?? 0, now));
    }
    const beat = setInterval(() => context.heartbeat(), 100);
    try {
      const ending = behaviourOf(behaviours, workflowId)(pod) ?? {};
      await Promise.race([ending.after, context.cancelled]);
      pod.state = 'ended';
      return endOf(ending, input);
    } catch (error) {
      if (pod.state === 'ended') throw error;
      // As its grace does: whoever believes it gone too early is found out.
      await new Promise((resolve) => setTimeout(resolve, 300));
      pod.state = 'cancelled';
      throw error;
    } finally {
      clearInterval(beat);
    }
  };

  const options = { connection: server.nativeConnection, namespace };
  const workers = [
    await Worker.create({
      ...options,
      taskQueue,
      workflowBundle,
      activities: { runPod },
      maxHeartbeatThrottleInterval: 100,
      maxConcurrentActivityTaskExecutions: 500,
    }),
    await Worker.create({
      ...options,
      taskQueue: `${taskQueue}-cleanup`,
      activities: { deletePod: async () => ({ gone: true }) },
    }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));

  const start: ExamplesWorker['start'] = async (name, args, behaviour = () => undefined) => {
    const workflowId = `${name}-${randomUUID()}`;
    behaviours.set(workflowId, behaviour);
    const workflow = { taskQueue, workflowId, args, workflowExecutionTimeout: '5m' } as const;
    const handle = await client.workflow.start<Examples[typeof name]>(name, workflow as never);
    runs.set(handle.firstExecutionRunId, { workflowId, runId: handle.firstExecutionRunId });
    return handle;
  };
  const podsOf = (prefix: string) => pods.filter(({ workflowId }) => workflowId.startsWith(prefix));

  return {
    client,
    taskQueue,
    id: randomUUID,
    pods: (prefix, behaviour) => void behaviours.set(prefix, behaviour),
    start,
    run: async (name, args, behaviour) => (await (await start(name, args, behaviour)).result()) as never,
    podsOf,
    tasksOf: ({ workflowId }) =>
      podsOf(workflowId)
        .map(({ task }) => task)
        .join(' '),
    endsOf: ({ workflowId }) =>
      podsOf(workflowId)
        .map(({ task, state }) => `${task}:${state}`)
        .sort()
        .join(' '),
    eventually,
    runs: (prefix, task) =>
      eventually(`a pod of ${task} in ${prefix}`, () =>
        podsOf(prefix).find((pod) => pod.task === task && pod.state === 'runs'),
      ),
    mostAtOnce: (prefix) => most.get(prefix) ?? 0,
    replayAll: () =>
      replayProblems(
        workflowBundle,
        [...runs.values()].map(({ workflowId, runId }) => client.workflow.getHandle(workflowId, runId)),
      ),
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await server.close();
    },
  };
}

async function eventually<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`waited in vain for ${what}`);
}

function behaviourOf(behaviours: ReadonlyMap<string, Behaviour>, workflowId: string): Behaviour {
  const prefix = [...behaviours.keys()].find((one) => workflowId.startsWith(one));
  return (prefix !== undefined && behaviours.get(prefix)) || (() => undefined);
}

function endOf({ output, exit = 0, fail }: Ending, { spec }: RunPodInput): Partial<PodResult> {
  const cleanup = { gone: true };
  const skipped = exit !== 0 && spec.exitCodes?.skip?.includes(exit);
  const kind = fail ?? (exit === 0 || skipped ? undefined : 'ContainerFailed');
  if (!kind)
    return { outcome: skipped ? 'Skipped' : 'Succeeded', exitCode: exit, output, cleanup, logs: { tail: '' } as never };
  const details: PodFailureDetails = { kind, startedEver: true, cleanup, ...(exit !== 0 && { exitCode: exit }) };
  throw ApplicationFailure.nonRetryable(`${kind}: as the test wants it`, kind, details);
}
