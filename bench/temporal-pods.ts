/** Ours, as a user has it: a worker in a process of its own, a workflow that a client starts and follows, and the command line for logs. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { PodSpec } from '../src/contract/index.ts';
import { temporalConfig } from '../src/config/temporal.ts';
import { followHistory } from '../src/client/history/read-history.ts';
import { connectTemporal } from '../src/client/temporal/connection.ts';
import { lineFrom, start, type Child } from './child.ts';
import { lineOf } from './workloads.ts';
import type { Subject, Told } from './subject.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

type Run = WorkflowHandleWithFirstExecutionRunId;

export interface TemporalPods extends Subject {
  readonly pid: number;
  /** Starts a run, and gives it. */
  start(pods: { spec: PodSpec; pods: number; atOnce: boolean; maxParallel?: number }): Promise<Run>;
  /** Follows it to the end. */
  follow(run: Run, pods: number): Promise<Pick<Told, 'result' | 'closed'>>;
}

export interface Place {
  /** Of the pods; the worker serves this one. */
  readonly namespace: string;
  readonly temporalNamespace: string;
  /** How many pods at once; default 100. */
  readonly maxPods?: number;
}

export async function startTemporalPods({ namespace, temporalNamespace, maxPods = 100 }: Place): Promise<TemporalPods> {
  const logRoot = await mkdtemp(join(tmpdir(), 'bench-logs-'));
  const taskQueue = `bench-${randomUUID().slice(0, 8)}`;
  const env = {
    ...process.env,
    TEMPORAL_NAMESPACE: temporalNamespace,
    TEMPORAL_PODS_TASK_QUEUE: taskQueue,
    TEMPORAL_PODS_LOG_DIR: logRoot,
    TEMPORAL_PODS_NAMESPACE: namespace,
    TEMPORAL_PODS_MAX_PODS: String(maxPods),
    TEMPORAL_PODS_SWEEP_EVERY: 'never',
    TEMPORAL_PODS_WORKFLOWS: file('./workflows.ts'),
  };
  const temporal = await connectTemporal(temporalConfig(env));
  const worker = await start(process.execPath, [file('../src/worker.ts')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const open = new Set<Run>();
  const close = async () => {
    // A stopped bench leaves runs; their pods go with the namespace.
    await Promise.all([...open].map((run) => run.terminate('the bench has ended').catch(() => undefined)));
    await worker.end(5_000);
    await temporal.connection.close();
    await rm(logRoot, { recursive: true, force: true });
  };
  try {
    await lineFrom(worker, worker.process.stderr!, (line) => line.startsWith('worker ready'));
  } catch (error) {
    await close();
    throw error;
  }

  const startRun: TemporalPods['start'] = async (pods) => {
    const workflowId = `${taskQueue}-${randomUUID().slice(0, 8)}`;
    const run = await temporal.client.workflow.start('benchPods', { taskQueue, workflowId, args: [pods] });
    open.add(run);
    return run;
  };
  const follow: TemporalPods['follow'] = async (run, pods) => {
    const never = { signal: new AbortController().signal, say: () => undefined };
    const ref = { workflowId: run.workflowId, runId: run.firstExecutionRunId };
    const runPods = new Set<string>();
    let results = 0;
    let result: number | undefined;
    for await (const page of followHistory(temporal, ref, never)) {
      const now = Date.now();
      for (const event of page) {
        const { activityType } = event.activityTaskScheduledEventAttributes ?? {};
        if (activityType?.name === 'runPod') runPods.add(String(event.eventId));
        const { scheduledEventId } = event.activityTaskCompletedEventAttributes ?? {};
        if (scheduledEventId && runPods.has(String(scheduledEventId)) && ++results === pods) result = now;
        if (!event.workflowExecutionCompletedEventAttributes) continue;
        open.delete(run);
        if (result === undefined) throw new Error(`${results} of ${pods} pods had a result`);
        return { result, closed: now };
      }
    }
    open.delete(run);
    throw new Error(`the run ${run.workflowId} did not end well`);
  };
  /** All lines that the command line shows of a run, until it leaves by itself. */
  const readLines = async (run: Run, lines: Told['lines']): Promise<void> => {
    const args = [file('../src/client.ts'), 'logs', run.workflowId, '--follow', '--no-prefix'];
    const client: Child = await start(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      for await (const text of createInterface({ input: client.process.stdout! })) {
        const line = lineOf(text);
        if (line) lines.push([line.number, line.printed, Date.now()]);
      }
    } finally {
      await client.end();
    }
  };
  return {
    pid: worker.pid,
    start: startRun,
    follow,
    async run({ pods, atOnce, image, command, lines: wanted }) {
      const lines: Told['lines'] = [];
      const started = Date.now();
      const run = await startRun({ spec: { image, command }, pods, atOnce });
      const reading = wanted > 0 ? readLines(run, lines) : Promise.resolve();
      const [ends] = await Promise.all([follow(run, pods), reading]);
      return { started, ...ends, lines };
    },
    close,
  };
}
