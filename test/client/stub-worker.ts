/** The real workflows, with pods that are only pretended: they write real logs, beat, and obey a cancel. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { EarlierRuns } from '../../src/activities/earlier-runs.ts';
import { fileSegments, folderUri, logFolder } from '../../src/logs/index.ts';
import { parseTimestamp } from '../../src/logs/record.ts';
import type { PodRecord, PodResult, RunPodInput } from '../../src/contract/index.ts';
import { temporal } from '../support/temporal.ts';
import { client } from './client-process.ts';

export interface StubWorker {
  readonly taskQueue: string;
  /** The client, told of this worker's queue. */
  client(
    args: readonly string[],
    options?: { elsewhere?: boolean; env?: Record<string, string>; stdin?: string },
  ): ReturnType<typeof client>;
  /** What the client is told. */
  readonly env: Record<string, string>;
  readonly temporal: Awaited<ReturnType<typeof temporal>>;
  /** Ends the worker and starts one with other workflows, beside this file: a deploy. Its pods run on. */
  restart(workflows: string): Promise<void>;
  close(): Promise<void>;
}

/** @param workflows of the worker, beside this file; the client starts only those of src/workflows */
export async function stubWorker(workflows = '../../src/workflows/index.ts'): Promise<StubWorker> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const server = await temporal();
  const folder = await mkdtemp(join(tmpdir(), 'client-logs-'));
  const logRoot = join(folder, 'here');
  const taskQueue = `client-${Date.now().toString(36)}`;
  const options = {
    connection: server.nativeConnection,
    namespace: server.namespace,
    maxHeartbeatThrottleInterval: '200ms' as const,
  };
  const earlierRuns = new EarlierRuns();
  const start = async (path: string) => {
    const workers = await Promise.all([
      Worker.create({
        ...options,
        taskQueue,
        workflowsPath: fileURLToPath(new URL(path, import.meta.url)),
        activities: {
          runPod: async (input: RunPodInput) =>
            (input.earlier && (await earlierRuns.find(Context.current().client, input))) || stubPod(logRoot, input),
        },
      }),
      Worker.create({
        ...options,
        taskQueue: `${taskQueue}-cleanup`,
        activities: { deletePod: async () => ({ gone: true }) },
      }),
    ]);
    const stopped = Promise.all(workers.map((worker) => worker.run()));
    return async () => {
      for (const worker of workers) worker.shutdown();
      await stopped;
    };
  };
  let stop = await start(workflows);
  const toldEnv = {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace,
    TEMPORAL_PODS_TASK_QUEUE: taskQueue,
    TEMPORAL_PODS_LOG_DIR: logRoot,
  };
  return {
    taskQueue,
    temporal: server,
    env: toldEnv,
    client: (args, { elsewhere, env, stdin } = {}) =>
      client(args, {
        ...(stdin !== undefined && { stdin }),
        env: { ...toldEnv, ...(elsewhere && { TEMPORAL_PODS_LOG_DIR: join(folder, 'elsewhere') }), ...env },
      }),
    async restart(path) {
      await stop();
      stop = await start(path);
    },
    async close() {
      await stop();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What the pod prints is its `args`; `env.MS` is how long it runs, or `env.UNTIL` the file until which it does; `env.EXIT` is how it ends. */
async function stubPod(logRoot: string, { spec, task }: RunPodInput): Promise<PodResult> {
  const context = Context.current();
  const { workflowExecution, activityId } = context.info;
  const pod = { namespace: 'n', name: `${task}-pod`, uid: `uid-${workflowExecution?.runId}-${activityId}` };
  const folder = logFolder(logRoot, { workflowId: '', runId: '', ...workflowExecution, activityId, uid: pod.uid });
  const record: PodRecord = { v: 1, cluster: 'c', pod, phase: 'Running', reason: 'Running', node: 'node-1' };
  const beat = setInterval(() => context.heartbeat(record), 100);
  context.heartbeat(record);
  const segment = await fileSegments(folder).openSegment('base', 0);
  const print = (line: string) => {
    const timestamp = `${new Date().toISOString().slice(0, -1)}000000Z`;
    return segment.append([
      { timestamp, ns: parseTimestamp(timestamp) ?? 0n, bytes: Buffer.from(line), newline: true },
    ]);
  };
  const summary = () => ({
    uri: folderUri(folder),
    ...segment.logState.counters,
    tail: segment.logState.tail.toString(),
  });
  try {
    for (const line of spec.args ?? []) await print(line);
    await theEnd(context, spec.env ?? {}).catch(async (error: unknown) => {
      // A pod that takes a second to stop, and has a last word.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await print('stopped');
      throw error;
    });
    const exitCode = Number(spec.env?.['EXIT'] ?? 0);
    const facts = { pod, times: {}, logs: summary(), cleanup: { gone: true } };
    if (exitCode === 0) return { outcome: 'Succeeded', exitCode, output: spec.env?.['OUTPUT'], ...facts };
    const message = `pod n/${pod.name}: ended with exit code ${exitCode}\n  to do: read the last lines`;
    const details = [{ kind: 'ContainerFailed', startedEver: true, exitCode, ...facts }];
    throw ApplicationFailure.create({ type: 'ContainerFailed', message, nonRetryable: true, details });
  } finally {
    clearInterval(beat);
    await segment.close();
  }
}

async function theEnd(context: Context, { MS, UNTIL }: NonNullable<RunPodInput['spec']['env']>): Promise<void> {
  await context.sleep(Number(MS ?? 0));
  while (typeof UNTIL === 'string' && !existsSync(UNTIL)) await context.sleep(50);
}
