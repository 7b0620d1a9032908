/** Workers in processes of their own, each behind proxies of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DiskMode } from './disk.ts';
import type { KubeProxy, TemporalProxy } from './proxy.ts';

export interface WorkerPlace {
  /** The folder with `src` in it: the project's, or a mutant's. */
  root: string;
  /** For its own files. */
  folder: string;
  taskQueue: string;
  namespace: string;
  logRoot: string;
  /** The worker's identity in the cluster; the server in it is replaced by the proxy. */
  kubeconfig: string;
  context: string;
  image: string;
  temporalNamespace: string;
}

/** The exit code of a worker whose Temporal or Kubernetes does not answer. */
const NO_ANSWER = 3;
/** So often, a second apart. */
const START_AGAIN = 120;

export class ChaosWorker {
  readonly name: string;
  readonly kube: KubeProxy;
  readonly temporal: TemporalProxy;
  onDisk: () => void = () => undefined;
  /** It has ended, and nobody had told it to. */
  onCrash: (words: string) => void = () => undefined;
  readonly said: string[] = [];
  readonly #place: WorkerPlace;
  #child: ChildProcess | undefined;
  #frozen = false;
  #told = false;

  constructor(name: string, place: WorkerPlace, kube: KubeProxy, temporal: TemporalProxy) {
    this.name = name;
    this.#place = place;
    this.kube = kube;
    this.temporal = temporal;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it polls. One whose servers do not answer yet ends with 3, and is started again, as a Deployment does it. */
  async start(): Promise<void> {
    for (let left = START_AGAIN; !this.alive; left--) {
      const code = await this.#start();
      if (code === undefined) return;
      const said = this.said.slice(-20).join('\n');
      if (code !== NO_ANSWER || left === 0) throw new Error(`worker ${this.name} ended with ${code}:\n${said}`);
      await sleep(1_000);
      if (this.#told) return;
    }
  }

  /** @returns with what it ended before it polled */
  async #start(): Promise<number | string | undefined> {
    const { root, folder, taskQueue, namespace, logRoot, context, image, temporalNamespace } = this.#place;
    const kubeconfig = join(folder, `${this.name}.kubeconfig`);
    const own = JSON.parse(readFileSync(this.#place.kubeconfig, 'utf8')) as {
      clusters: { cluster: Record<string, unknown> }[];
    };
    // The CA stays: by it a worker knows its cluster, whatever is in between.
    for (const { cluster } of own.clusters) {
      cluster.server = `http://127.0.0.1:${this.kube.wire.port}`;
      cluster['insecure-skip-tls-verify'] = true;
    }
    writeFileSync(kubeconfig, JSON.stringify(own), { mode: 0o600 });
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL'))),
      TEMPORAL_ADDRESS: `127.0.0.1:${this.temporal.wire.port}`,
      TEMPORAL_NAMESPACE: temporalNamespace,
      TEMPORAL_PODS_CONTEXT: context,
      TEMPORAL_PODS_KUBECONFIG: kubeconfig,
      TEMPORAL_PODS_NAMESPACE: namespace,
      TEMPORAL_PODS_TASK_QUEUE: taskQueue,
      TEMPORAL_PODS_LOG_DIR: logRoot,
      TEMPORAL_PODS_SWEEP_EVERY: 'never',
      TEMPORAL_PODS_MAX_PODS: '50',
      TEMPORAL_PODS_COLLECTOR_IMAGE: image,
    };
    const disk = fileURLToPath(new URL('disk.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', disk, join(root, 'src/worker.ts')], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#told = false;
    child.on('message', () => this.onDisk());
    child.on('error', () => undefined);
    const ready = Promise.withResolvers<number | string | undefined>();
    let isReady = false;
    child.once('exit', (code, signal) => {
      const how = code ?? signal ?? undefined;
      if (isReady && !this.#told) this.onCrash(`${this.name} ended with ${how}`);
      ready.resolve(how);
    });
    // The one pipe; what it says last may be why it ended.
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      this.said.push(`${new Date().toISOString()} ${line}`);
      if (this.said.length > 3000) this.said.shift();
      if (!line.startsWith('worker ready')) return;
      isReady = true;
      ready.resolve(undefined);
    });
    return ready.promise;
  }

  disk(mode: DiskMode): void {
    if (this.alive && this.#child?.connected) this.#child.send({ disk: mode }, () => undefined);
  }

  /** Only ever the process that this object has started. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#told = true;
    const child = this.#child;
    if (!child || !this.alive) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    this.wake();
    const late = setTimeout(() => child.kill('SIGKILL'), 120_000);
    await ended;
    clearTimeout(late);
  }

  freeze(): void {
    this.#frozen = this.#child?.kill('SIGSTOP') ?? false;
  }

  wake(): void {
    if (this.#frozen) this.#child?.kill('SIGCONT');
    this.#frozen = false;
  }
}
