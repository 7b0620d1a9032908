/**
 * Real Temporal, real pods, real workers in processes of their own that can be killed and frozen. Only ever the local stack's
 * cluster: never whatever context happens to be current.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { V1Pod } from '@kubernetes/client-node';
import type { WorkflowHandle } from '@temporalio/client';
import { up } from '../../local/up.ts';
import { connectCluster } from '../../src/kubernetes/connect.ts';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { podFolders, readLog } from '../../src/logs/index.ts';
import { keyOf, MANAGED_SELECTOR } from '../../src/pod/identity.ts';
import type { PodSpec, PodTemplate } from '../../src/contract/index.ts';
import { testNamespaces } from './namespaces.ts';
import { temporal, type Temporal } from './temporal.ts';

export interface Real {
  temporal: Temporal;
  cluster: Cluster;
  namespace: string;
  images: { shell: string; python: string };
  logRoot: string;
  /** A shell script as the spec of a pod. */
  shell: (script: string, more?: Partial<PodSpec>) => PodSpec;
  /** A task queue of its own, so that no other test's worker takes part. */
  lane(name: string): Lane;
  /** A namespace of its own with these labels, in which workers may work; it is deleted by `close`. */
  createNamespace(name: string, labels?: Record<string, string>): Promise<string>;
  /** Names of the pods of all lanes that are there now. */
  left(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Lane {
  taskQueue: string;
  worker(options?: WorkerOptions): Promise<RunningWorker>;
  /** Runs the workflow `pod`. */
  start(spec: PodSpec): Promise<WorkflowHandle>;
  startWorkflow(workflow: string, argument: unknown): Promise<WorkflowHandle>;
  /** Pods of this run that are there now. */
  pods(run: WorkflowHandle): Promise<V1Pod[]>;
  /** Waits for the one pod of this run to be like this, and gives it. */
  podOf(run: WorkflowHandle, like: (pod: V1Pod) => boolean): Promise<V1Pod>;
  /** Waits for this line to be in the stored log. */
  printed(run: WorkflowHandle, line: string): Promise<void>;
  /** Every stored line of this run's pods; a gap as `<gap>`. */
  lines(run: WorkflowHandle): Promise<string[]>;
}

export interface WorkerOptions {
  maxPods?: number;
  sweepEvery?: string;
  /** See `Real.createNamespace`. Default: the stack's own. */
  namespaces?: string[];
  /** The operator's template, and the folder of templates. */
  template?: PodTemplate;
  templates?: string;
  /** As the file says it. */
  policy?: object;
  /** Path of a module. */
  callbacks?: string;
  env?: Record<string, string>;
}

export interface RunningWorker {
  readonly pid: number;
  /** What it has said so far, line by line. */
  readonly said: readonly string[];
  /** Its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  freeze(): void;
  wake(): void;
}

export async function real(): Promise<Real> {
  const stack = await up();
  const { images, kubernetes } = stack;
  if (!images) throw new Error('these tests end pods and worse: they run in the local cluster of `npm run up` only');
  const { kubeconfig, context, namespace } = kubernetes;
  const server = await temporal();
  const cluster = connectCluster({ kubeconfig, context });
  const logRoot = await mkdtemp(join(tmpdir(), 'real-logs-'));
  const workers: ChildProcess[] = [];
  const extra = testNamespaces(kubeconfig, context);
  const ourPods = async () => {
    const lists = [namespace, ...extra.names].map((one) => cluster.listPods(one, MANAGED_SELECTOR));
    return (await Promise.all(lists)).flatMap(({ items }) => items);
  };
  const shell = (script: string, more: Partial<PodSpec> = {}): PodSpec => ({
    image: images.shell,
    command: ['sh', '-c', script],
    grace: '3s',
    ...more,
  });

  const suffix = Date.now().toString(36);
  function lane(name: string): Lane {
    const taskQueue = `${name}-${suffix}`;
    const runs = new Map<WorkflowHandle, string>();
    let started = 0;
    const runId = (run: WorkflowHandle) => runs.get(run) ?? '';
    const pods = async (run: WorkflowHandle) =>
      (await ourPods()).filter((pod) => keyOf(pod)?.workflowId === run.workflowId);
    const lines = async (run: WorkflowHandle) => {
      const found: string[] = [];
      for (const { folder } of await podFolders(logRoot, { workflowId: run.workflowId, runId: runId(run) }))
        for await (const { kind, bytes } of readLog(folder)) found.push(kind === 'gap' ? '<gap>' : String(bytes));
      return found;
    };
    const startWorkflow = async (workflow: string, argument: unknown) => {
      const workflowId = `${taskQueue}-${started++}`;
      const run = await server.client.workflow.start(workflow, { taskQueue, workflowId, args: [argument] });
      runs.set(run, run.firstExecutionRunId);
      return run;
    };
    return {
      taskQueue,
      pods,
      lines,
      async worker(options = {}) {
        const { child, said } = await startWorker({
          TEMPORAL_PODS_TASK_QUEUE: taskQueue,
          TEMPORAL_PODS_LOG_DIR: logRoot,
          ...(await environmentOf(options, logRoot)),
        });
        workers.push(child);
        const ended = once(child, 'exit').then(([code]) => code as number | null);
        return {
          pid: child.pid ?? 0,
          said,
          ended,
          async kill(signal) {
            child.kill(signal);
            await ended;
          },
          freeze: () => void child.kill('SIGSTOP'),
          wake: () => void child.kill('SIGCONT'),
        };
      },
      start: (spec) => startWorkflow('pod', spec),
      startWorkflow,
      podOf: (run, like) =>
        eventually(`a pod of ${run.workflowId} that is as expected`, async () => (await pods(run)).find(like)),
      printed: (run, line) =>
        eventually(`the line ${line}`, async () => (await lines(run)).includes(line) || undefined).then(
          () => undefined,
        ),
    };
  }

  return {
    temporal: server,
    cluster,
    namespace,
    images,
    logRoot,
    shell,
    lane,
    createNamespace: (name, labels = {}) => extra.create(`${name}-${suffix}`, labels),
    async left() {
      return (await ourPods())
        .filter((pod) => keyOf(pod)?.workflowId.includes(`-${suffix}-`))
        .map((pod) => pod.metadata?.name ?? '');
    },
    async close() {
      for (const child of workers) child.kill('SIGKILL');
      await extra.close();
      cluster.close();
      await server.close();
      await rm(logRoot, { recursive: true, force: true });
    },
  };
}

/** Asks until there is an answer; the time limit is the test's. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let end = Date.now() + 90_000; Date.now() < end; await sleep(100)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Resolves when a failed pod of this run is kept for debugging: the table in the Web UI says so. */
export const keptForDebug = (run: WorkflowHandle): Promise<true> =>
  eventually('a pod to be kept for debugging', async () => {
    const metadata = await run.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails?.includes('kept for debugging until') || undefined;
  });

export const isRunning = (pod: V1Pod): boolean =>
  pod.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;

/** Files lie beside the logs, whose folder goes with the test. */
async function environmentOf(options: WorkerOptions, folder: string): Promise<Record<string, string>> {
  const { maxPods = 20, sweepEvery = 'never', namespaces, template, templates, policy, callbacks, env } = options;
  const file = async (content: object) => {
    const path = join(await mkdtemp(join(folder, '.worker-')), 'file.yaml');
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  return {
    TEMPORAL_PODS_MAX_PODS: String(maxPods),
    TEMPORAL_PODS_SWEEP_EVERY: sweepEvery,
    ...(namespaces && { TEMPORAL_PODS_NAMESPACE: namespaces.join() }),
    ...(template && { TEMPORAL_PODS_TEMPLATE: await file(template) }),
    ...(templates !== undefined && { TEMPORAL_PODS_TEMPLATES: templates }),
    ...(policy && { TEMPORAL_PODS_POLICY: await file(policy) }),
    ...(callbacks !== undefined && { TEMPORAL_PODS_CALLBACKS: callbacks }),
    ...env,
  };
}

async function startWorker(env: Record<string, string>): Promise<{ child: ChildProcess; said: readonly string[] }> {
  const program = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}:\n${said.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('worker ready')) resolve();
    });
  });
  return { child, said };
}
