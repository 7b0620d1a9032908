/** Plays one plan on real servers: starts the runs, makes the faults happen at their moments, and collects what came of it. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { Kube } from './kube.ts';
import { Observer, type Seen } from './observer.ts';
import { isRequest, type RoundPlan, type RunPlan, type SharedFault, type SingleFault, type Step } from './plan.ts';
import { specOf } from './pods.ts';
import { KubeProxy, TemporalProxy, type Act, type CallRule, type Exchange, type Hook } from './proxy.ts';
import type { OwnStack } from './servers.ts';
import { segmentsWithLines, storedBytes, storedLogs, type StoredLog } from './store.ts';
import { ChaosWorker } from './workers.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

export interface World {
  client: Client;
  temporalAddress: string;
  temporalNamespace: string;
  kubeconfig: string;
  workerKubeconfig: string;
  context: string;
  images: { shell: string; python: string };
  /** The folder with the product's `src`. */
  root: string;
  /** For whatever is written. */
  folder: string;
  /** Servers that may be restarted. */
  servers?: OwnStack;
  createNamespace: (name: string) => Promise<string>;
  say: (words: string) => void;
}

/** How a run ended, as Temporal tells it. */
export interface End {
  status: string;
  result?: PodResult;
  failure?: { type: string; message: string; details?: FailureDetails };
}

export interface PodResult {
  outcome: string;
  exitCode: number;
  output?: unknown;
  pod: { uid: string };
  logs: { lines: number; gaps: number; unstored?: true };
  cleanup: { gone: boolean; kept?: string };
  problems?: string[];
}

export interface FailureDetails extends Partial<Pick<PodResult, 'logs' | 'cleanup' | 'problems'>> {
  kind?: string;
  exitCode?: number;
  pod?: { uid: string };
}

/** Everything that is known of one run, for the judges. */
export interface RunFacts {
  plan: RunPlan;
  workflowId: string;
  end: End;
  runIds: string[];
  startedAt: number;
  closedAt: number;
  /** What really met it. */
  met: ReadonlySet<string>;
  /** When its own fault was carried out. */
  actedAt?: number;
  handovers: readonly Handover[];
  /** Workers that ended in the round and were not told to; told of one run of it. */
  crashes: readonly string[];
  /** Sizes of its stored logs over time. */
  growth: readonly { at: number; bytes: number }[];
  seen: readonly Seen[];
  stored: readonly StoredLog[];
  /** Pods that were there when nothing was left to delete them. */
  orphans: readonly string[];
}

/** Its worker went away while the pod worked. */
export interface Handover {
  figure: 'killed' | 'stopped';
  /** Of the signal. */
  at: number;
  /** Another attempt was seen to have stored a line; looked for every 50 ms. */
  wentOnAt?: number;
}

interface Run {
  plan: RunPlan;
  workflowId: string;
  handle: WorkflowHandle;
  startedAt: number;
  closedAt?: number;
  end?: End;
  runIds: string[];
  actedAt?: number;
  handovers: Handover[];
  growth: { at: number; bytes: number }[];
}

interface Moment {
  /** Who came to it. */
  worker: ChaosWorker | undefined;
  /** Lets the request go on that waits. */
  release: (how: 'go' | 'drop') => void;
}

const ROUND_LIMIT_MS = 300_000;
const FREEZE_MS = 38_000;
/** After 50 s a silent node is not ready; the pods of a deleted one go within 60 s. */
const NODE_AWAY_MS = 75_000;
/** A pod that pauses no longer than this says at any moment whether its log goes on. */
const STEADY_MS = 150;

export class Lane {
  readonly #world: World;
  readonly #name: string;
  readonly #namespace: string;
  readonly #kube: Kube;
  readonly #workerKube: Kube;
  readonly #observer: Observer;
  readonly #workers: ChaosWorker[] = [];
  readonly #logRoot: string;
  readonly #podRuns = new Map<string, string>();
  readonly #holders = new Map<string, ChaosWorker>();
  /** Of the round's workflows. */
  #ids: readonly string[] = [];
  #runs: Run[] = [];
  /** Of the round: since when each kind has met everything that its worker does. */
  #wide = new Map<string, { from: number; to: number }>();
  /** Of the round: the kinds that have met each workflow. */
  readonly #met = new Map<string, Set<string>>();
  /** Of the round: how often each kind has done anything at all. */
  #fired = new Map<string, number>();
  #over = new AbortController();
  /** Workers that ended by themselves. */
  #crashes: string[] = [];
  /** A server that does not come back. */
  #broken: Error | undefined;
  #rounds = 0;

  private constructor(world: World, name: string, namespace: string) {
    this.#world = world;
    this.#name = name;
    this.#namespace = namespace;
    this.#kube = new Kube(world.kubeconfig, world.context);
    this.#workerKube = new Kube(world.workerKubeconfig, world.context);
    this.#observer = new Observer(this.#kube, namespace);
    this.#logRoot = join(world.folder, `logs-${name}`);
  }

  static async open(world: World, name: string): Promise<Lane> {
    const lane = new Lane(world, name, await world.createNamespace(name));
    mkdirSync(lane.#logRoot, { recursive: true });
    lane.#observer.start();
    try {
      for (const which of ['a', 'b']) await lane.#addWorker(`${name}-${which}`);
      for (const start of await Promise.allSettled(lane.#workers.map((worker) => worker.start())))
        if (start.status === 'rejected') throw start.reason;
      return lane;
    } catch (error) {
      await lane.close();
      throw error;
    }
  }

  get taskQueue(): string {
    return this.#name;
  }

  async #addWorker(name: string): Promise<void> {
    const { root, folder, context, images, temporalNamespace, workerKubeconfig, temporalAddress } = this.#world;
    const workflowOf = (pod: string) => this.#podRuns.get(pod) ?? this.#observer.named(pod)?.key?.workflowId;
    const kube = new KubeProxy(
      this.#workerKube,
      (kind, id) => this.#fire(kind, id === undefined ? held() : [id]),
      workflowOf,
    );
    const temporal = new TemporalProxy(temporalAddress, (kind, id) =>
      this.#fire(kind, id === undefined ? held() : [id]),
    );
    const worker = new ChaosWorker(
      name,
      {
        root,
        folder,
        taskQueue: this.#name,
        namespace: this.#namespace,
        logRoot: this.#logRoot,
        kubeconfig: workerKubeconfig,
        context,
        image: images.shell,
        temporalNamespace,
      },
      kube,
      temporal,
    );
    const held = () => this.#heldBy([worker]);
    await kube.open();
    await temporal.open();
    worker.onCrash = (words) => this.#crashes.push(words);
    temporal.workflowIds = () => this.#ids;
    kube.onExchange = (exchange) => {
      const { verb, pod, workflowId } = exchange;
      if (verb === 'create' && pod && workflowId) this.#podRuns.set(pod, workflowId);
      if (workflowId) this.#holders.set(workflowId, worker);
    };
    this.#workers.push(worker);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end('SIGKILL')));
    for (const { kube, temporal } of this.#workers) {
      await kube.close();
      await temporal.close();
    }
    await this.#observer.close();
    this.#kube.close();
    this.#workerKube.close();
    rmSync(this.#logRoot, { recursive: true, force: true });
  }

  /** What the workers have said, for whoever looks into a failure. */
  get said(): string[] {
    return this.#workers.flatMap(({ name, said }) => said.map((line) => `${name} ${line}`)).sort();
  }

  get #open(): Run[] {
    return this.#runs.filter(({ closedAt }) => closedAt === undefined);
  }

  #heldBy(workers: readonly ChaosWorker[]): string[] {
    return this.#open
      .map(({ workflowId }) => workflowId)
      .filter((id) => workers.includes(this.#holders.get(id) as ChaosWorker));
  }

  /** Also of a run whose start has not been answered yet. */
  #metBy(workflowId: string): Set<string> {
    const met = this.#met.get(workflowId) ?? new Set();
    this.#met.set(workflowId, met);
    return met;
  }

  /** Without a name: what only prepares a fault. */
  #fire(kind: string, workflowIds: readonly string[]): void {
    if (kind === '') return;
    this.#fired.set(kind, (this.#fired.get(kind) ?? 0) + 1);
    for (const id of workflowIds) this.#metBy(id).add(kind);
  }

  /** @returns the facts of every run, and how often each kind of fault has acted */
  async play(plan: RoundPlan): Promise<{ runs: RunFacts[]; fired: ReadonlyMap<string, number> }> {
    await this.#ready();
    this.#runs = [];
    this.#fired = new Map();
    this.#wide = new Map();
    this.#over = new AbortController();
    const turn = this.#rounds++;
    this.#ids = plan.runs.map(({ id }) => `${this.#name}-${turn}-${id}`);
    const path = `/api/v1/namespaces/${this.#namespace}/pods?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dtemporal-pods`;
    for (const { kube } of this.#workers) await kube.remember(path);
    const driving = plan.faults.map((fault) => this.#driveShared(fault));
    for (const [index, run] of plan.runs.entries()) driving.push(this.#startRun(run, this.#ids[index] ?? '', turn));
    const measuring = this.#measure();
    await this.#untilClosed(plan.runs.length);
    this.#over.abort();
    await Promise.allSettled(driving);
    if (this.#broken) throw this.#broken;
    await this.#ready();
    await measuring;
    const orphans = await this.#leftOver();
    const runs = await Promise.all(this.#runs.map((run) => this.#factsOf(run, orphans)));
    const [first, ...others] = runs;
    const crashes = this.#crashes.splice(0);
    return { runs: first ? [{ ...first, crashes }, ...others] : [], fired: this.#fired };
  }

  /** All is well again, and two workers work. */
  async #ready(): Promise<void> {
    for (const worker of this.#workers) {
      worker.kube.clear();
      worker.temporal.clear();
      worker.disk('well');
      worker.wake();
    }
    await this.#kube.call('DELETE', this.#quotaPath('/chaos'));
    await Promise.all(this.#workers.map((worker) => worker.start()));
  }

  async #startRun(plan: RunPlan, workflowId: string, turn: number): Promise<void> {
    const { client, images } = this.#world;
    const run: Omit<Run, 'handle'> = {
      plan,
      workflowId,
      startedAt: Date.now(),
      runIds: [],
      handovers: [],
      growth: [],
    };
    const moment = plan.fault && this.#moment(plan.fault, workflowId);
    moment?.catch(() => undefined);
    const handle = await client.workflow.start('pod', {
      taskQueue: this.#name,
      workflowId,
      args: [specOf(plan.pod, images.python)],
      memo: { round: turn },
    });
    const whole: Run = Object.assign(run, { handle });
    whole.runIds.push(handle.firstExecutionRunId);
    this.#runs.push(whole);
    // A moment that never comes must not keep the run's end from being seen.
    if (plan.fault && moment) void this.#driveSingle(plan.fault, whole, moment).catch(() => undefined);
    await this.#follow(whole);
  }

  /** To the end of its last run: a reset makes another one. */
  async #follow(run: Run): Promise<void> {
    for (;;) {
      const { handle } = run;
      run.end = await endOf(handle, this.#over.signal);
      // The old run's end may be heard of before the new run.
      if (run.plan.fault?.kind === 'run reset to its beginning' && run.end.status === 'TERMINATED') await sleep(2_000);
      if (run.handle === handle) break;
    }
    run.closedAt = Date.now();
  }

  async #untilClosed(count: number): Promise<void> {
    const until = Date.now() + ROUND_LIMIT_MS;
    while ((this.#runs.length < count || this.#open.length > 0) && Date.now() < until) await sleep(200);
  }

  async #measure(): Promise<void> {
    while (!this.#over.signal.aborted) {
      for (const run of this.#open) {
        const bytes = storedBytes(this.#logRoot, run.workflowId);
        if (bytes !== (run.growth.at(-1)?.bytes ?? 0)) run.growth.push({ at: Date.now(), bytes });
      }
      await sleep(250);
    }
  }

  /**
   * Waits for the moment of a fault. A request is held until `release` is called.
   *
   * @param workflowId only this run's moment; undefined: that of any run
   */
  async #moment({ step, line }: { step: Step; line: number }, workflowId?: string): Promise<Moment> {
    const free = () => undefined;
    if (step === 'start') return { worker: this.#workers[0], release: free };
    if (isRequest(step)) return this.#requestMoment(step, workflowId);
    const wanted = (seen: Seen) => {
      const id = seen.key?.workflowId ?? '';
      if (workflowId === undefined ? !this.#open.some((run) => run.workflowId === id) : id !== workflowId) return false;
      return step === 'ended' ? seen.endedAt !== undefined : seen.lines.length >= line;
    };
    let found: Seen | undefined;
    await this.#observer.until(() => {
      found = [...this.#observer.pods.values()].find(wanted);
      return found !== undefined;
    }, this.#over.signal);
    return { worker: this.#holders.get(found?.key?.workflowId ?? ''), release: free };
  }

  #requestMoment(step: Step, workflowId: string | undefined) {
    const [verb, phase] = REQUEST_STEPS[step as keyof typeof REQUEST_STEPS];
    return new Promise<Moment>((resolve, reject) => {
      const remove: (() => void)[] = [];
      let taken = false;
      for (const worker of this.#workers) {
        const hook: Hook = async (exchange: Exchange, when) => {
          const isOurs =
            workflowId === undefined
              ? this.#runs.some((run) => run.workflowId === exchange.workflowId)
              : exchange.workflowId === workflowId;
          if (taken || exchange.verb !== verb || when !== phase || !isOurs) return 'go';
          taken = true;
          for (const one of remove) one();
          return new Promise((release) => resolve({ worker, release }));
        };
        worker.kube.hooks.add(hook);
        remove.push(() => worker.kube.hooks.delete(hook));
      }
      this.#over.signal.addEventListener('abort', () => reject(new Error('it did not come to that')), { once: true });
    });
  }

  async #driveSingle(fault: SingleFault, run: Run, at: Promise<Moment>): Promise<void> {
    const { release } = await at;
    try {
      if (!isRequest(fault.step)) await sleep(fault.afterMs);
      const acted = await this.#actOn(fault, run);
      if (!acted) return;
      run.actedAt = acted;
      this.#fire(fault.kind, [run.workflowId]);
    } finally {
      release('go');
    }
  }

  /** @returns when it was done; undefined when it came too late */
  async #actOn({ kind, afterMs }: SingleFault, run: Run): Promise<number | undefined> {
    const { client, temporalNamespace: namespace } = this.#world;
    const { workflowId, handle } = run;
    const service = client.workflowService;
    const activity = { namespace, execution: { workflowId }, id: 'main-1', identity: 'chaos' };
    const began = Date.now();
    if ((await handle.describe()).status.name !== 'RUNNING') return undefined;
    switch (kind) {
      case 'run cancelled':
        // Not `began`: to be told how it stands takes time, too.
        return await timed(() => handle.cancel());
      case 'run terminated':
        await handle.terminate('chaos');
        return began;
      case 'run reset to its beginning': {
        const { events } = await handle.fetchHistory();
        const task = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done);
        const { runId } = await service.resetWorkflowExecution({
          namespace,
          workflowExecution: { workflowId, runId: run.runIds.at(-1) ?? '' },
          workflowTaskFinishEventId: task?.eventId ?? null,
          requestId: `${workflowId}-reset`,
          reason: 'chaos',
        });
        run.handle = client.workflow.getHandle(workflowId, runId);
        run.runIds.push(runId);
        return began;
      }
      case 'activity paused, then unpaused':
        await service.pauseActivity(activity);
        void sleep(2_000 + afterMs * 10).then(() => service.unpauseActivity(activity).catch(() => undefined));
        return began;
      case 'activity reset':
        await service.resetActivity(activity);
        return began;
      case 'pod deleted by somebody else':
      case 'pod evicted': {
        const pod = this.#observer.of(workflowId).at(-1);
        if (!pod || pod.goneAt !== undefined || pod.deletingAt !== undefined) return undefined;
        const path = `/api/v1/namespaces/${this.#namespace}/pods/${pod.name}`;
        const { status } =
          kind === 'pod evicted'
            ? await this.#kube.call('POST', `${path}/eviction`, {
                apiVersion: 'policy/v1',
                kind: 'Eviction',
                metadata: { name: pod.name, namespace: this.#namespace },
                deleteOptions: { preconditions: { uid: pod.uid } },
              })
            : await this.#kube.call('DELETE', path, { preconditions: { uid: pod.uid } });
        return status < 300 ? began : undefined;
      }
    }
  }

  #quotaPath(name = ''): string {
    return `/api/v1/namespaces/${this.#namespace}/resourcequotas${name}`;
  }

  async #driveShared(fault: SharedFault): Promise<void> {
    if (fault.kind === 'nothing') return;
    const { worker, release } = await this.#moment(fault);
    // At the start nobody is the first yet: what is armed at both acts on who comes first.
    const targets = fault.who === 'both' || fault.step === 'start' || !worker ? this.#workers : [worker];
    try {
      await this.#act(fault, targets, release);
    } finally {
      release('go');
    }
  }

  /** A fault of a whole worker: it meets every run that is open while it lasts, whoever holds its pod at the moment. */
  #fireWide(kind: string): void {
    this.#fire(kind, []);
    const now = Date.now();
    this.#wide.set(kind, { from: this.#wide.get(kind)?.from ?? now, to: now });
  }

  /** It is still so. */
  #lasts(kind: string): void {
    const wide = this.#wide.get(kind);
    if (wide) wide.to = Date.now();
  }

  #isOn(workflowId: string, node: string): boolean {
    return this.#observer.of(workflowId).some(({ pod, goneAt }) => goneAt === undefined && pod.spec?.nodeName === node);
  }

  async #restartServer(part: string, signal: 'SIGTERM' | 'SIGKILL', away: () => Promise<unknown>): Promise<void> {
    const { servers } = this.#world;
    if (!servers) throw new Error('only a stack of its own has servers to restart');
    await servers.restart(part, signal, away).catch((error: Error) => (this.#broken = error));
  }

  /** For each steadily printing pod that these workers follow: when another attempt goes on with its log. */
  #handOver(figure: Handover['figure'], from: readonly ChaosWorker[]): void {
    const at = Date.now();
    for (const run of this.#open) {
      const { workflowId, plan } = run;
      const pod = this.#observer.of(workflowId).at(-1);
      const isAtWork = pod?.ranAt !== undefined && pod.endedAt === undefined && pod.deletingAt === undefined;
      if (!isAtWork || plan.pod.pauseMs > STEADY_MS) continue;
      if (!from.includes(this.#holders.get(workflowId) as ChaosWorker)) continue;
      const handover: Handover = { figure, at };
      run.handovers.push(handover);
      void this.#watchHandover(run, handover, segmentsWithLines(this.#logRoot, workflowId));
    }
  }

  async #watchHandover(run: Run, handover: Handover, before: readonly string[]): Promise<void> {
    while (run.closedAt === undefined && !this.#over.signal.aborted) {
      await sleep(50);
      if (segmentsWithLines(this.#logRoot, run.workflowId).every((name) => before.includes(name))) continue;
      handover.wentOnAt = Date.now();
      return;
    }
  }

  /** Waits, but not longer than the round. */
  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => undefined);
  }

  async #act(fault: SharedFault, targets: ChaosWorker[], release: (how: 'go' | 'drop') => void): Promise<void> {
    const { kind, times, seconds, bytes, how, status, verb } = fault;
    const left = { times };
    const onKube = (act: Act, which = verb) => {
      for (const { kube } of targets) kube.rules.push({ kind, verb: which, left, act });
    };
    const onTemporal = (act: CallRule['act']) => {
      for (const { temporal } of targets) temporal.rules.push({ kind, methods: REPORTS, left, act });
    };
    const wires = (which: ('kube' | 'temporal')[]) => targets.flatMap((one) => which.map((part) => one[part].wire));
    const onWires = (which: ('kube' | 'temporal')[]) => {
      const all = wires(which);
      for (const worker of targets) for (const part of which) worker[part].wire.onMet = () => this.#fireWide(kind);
      return all;
    };
    const each = async (all: ReturnType<typeof wires>, begin: 'partition' | 'halfOpen', ms?: number) => {
      for (const wire of all) wire[begin]();
      release('go');
      if (ms === undefined) return;
      await this.#wait(ms);
      for (const wire of all) wire.heal();
    };
    switch (kind) {
      case 'nothing':
        return;
      case 'worker killed':
        this.#fireWide(kind);
        this.#handOver('killed', targets);
        await Promise.all(targets.map((worker) => worker.end('SIGKILL')));
        release('drop');
        await this.#wait(targets.length > 1 ? 500 : seconds * 1000);
        return this.#restart(targets);
      case 'worker told to stop':
        this.#fireWide(kind);
        // Without another one, it would be measured how long a worker takes to start.
        if (targets.length < this.#workers.length) this.#handOver('stopped', targets);
        await this.#stopped(targets, release);
        return this.#restart(targets);
      case 'worker frozen past its heartbeat, then woken':
        this.#fireWide(kind);
        for (const worker of targets) worker.freeze();
        release('go');
        await this.#wait(FREEZE_MS);
        for (const worker of targets) worker.wake();
        return this.#fireWide(kind);
      case 'all workers gone while the pod ends':
        this.#fireWide(kind);
        await Promise.all(this.#workers.map((worker) => worker.end('SIGKILL')));
        await Promise.race([this.#wait(20_000), this.#untilPodsEnd()]);
        return this.#restart(this.#workers);
      case 'API: connections reset, again and again':
      case 'Temporal: connections reset': {
        const all = onWires(kind.startsWith('API') ? ['kube'] : ['temporal']);
        for (let count = 0; count < times * 2 && !this.#over.signal.aborted; count++) {
          for (const wire of all) wire.reset();
          release('go');
          await this.#wait((seconds * 1000) / 6);
        }
        return;
      }
      case 'API: half-open connections':
        return each(onWires(['kube']), 'halfOpen');
      case 'API: packets dropped for a while':
        return each(onWires(['kube']), 'partition', seconds * 2000);
      case 'Temporal: packets dropped for a while':
        return each(onWires(['temporal']), 'partition', seconds * 2000);
      case 'both partitioned past the heartbeat':
        return each(onWires(['kube', 'temporal']), 'partition', FREEZE_MS);
      case 'API: 2 s slow':
      case 'Temporal: 2 s slow': {
        const all = onWires(kind.startsWith('API') ? ['kube'] : ['temporal']);
        for (const wire of all) wire.slow(2_000);
        await this.#wait(seconds * 1000);
        for (const wire of all) wire.slow(0);
        return;
      }
      case 'API: answer to a create lost':
        return onKube({ do: 'lose' }, 'create');
      case 'API: answer to a patch lost':
        return onKube({ do: 'lose' }, 'patch');
      case 'API: answer to a delete lost':
        return onKube({ do: 'lose' }, 'delete');
      case 'API: request never answered':
        left.times = 1;
        this.#askForWatch(verb, targets);
        return onKube({ do: 'hang' });
      case 'API: answers 409':
      case 'API: answers 429':
      case 'API: answers 500, 503, 504':
        this.#askForWatch(verb, targets);
        return onKube({ do: 'answer', status });
      case 'logs: stream reset in the middle of a line':
      case 'logs: stream ends cleanly at any byte': {
        const ending = kind.includes('cleanly') ? 'eof' : 'reset';
        left.times = times * 3;
        if (fault.step === 'running') for (const { kube } of targets) kube.endStreams(kind, 'log', ending);
        return onKube({ do: 'cut', bytes, how: ending }, 'log');
      }
      case 'logs: stream stalls':
        return onKube({ do: 'stall', bytes, ms: seconds * 1000 }, 'log');
      case 'watch: cut at any byte':
        for (const { kube } of targets) kube.endStreams(kind, 'watch', how);
        return onKube({ do: 'cut', bytes, how }, 'watch');
      case 'watch: 410 Gone':
        for (const { kube } of targets) kube.expire(kind);
        return onKube({ do: 'gone' }, 'watch');
      case 'watch: events hidden':
        for (const { kube } of targets) kube.hide = { kind, left: times * 3 };
        return;
      case 'watch: an older list after a newer':
        left.times = 1;
        onKube({ do: 'older' }, 'list');
        for (const { kube } of targets) kube.expire('');
        return;
      case 'Temporal: answer lost after it acted':
        return onTemporal('lose');
      case 'Temporal: answers UNAVAILABLE':
        return onTemporal(14);
      case 'quota: no pod may be created for a while':
        for (const worker of this.#workers)
          worker.kube.onAnswer = (exchange, answered) => {
            if (exchange.verb === 'create' && answered === 403 && exchange.workflowId)
              this.#fire(kind, [exchange.workflowId]);
          };
        await this.#kube.call('POST', this.#quotaPath(), {
          metadata: { name: 'chaos' },
          spec: { hard: { pods: '0' } },
        });
        await this.#wait(seconds * 1000);
        await this.#kube.call('DELETE', this.#quotaPath('/chaos'));
        return;
      case 'API server restarted':
      case 'etcd restarted':
      case 'kubelet restarted':
      case 'containerd restarted':
      case 'Temporal restarted': {
        const part = SERVERS[kind];
        // A node's parts carry its number.
        const name = part === 'kubelet' || part === 'containerd' ? `${part}-${1 + (times % 2)}` : part;
        this.#fireWide(kind);
        await this.#restartServer(name, how === 'reset' ? 'SIGKILL' : 'SIGTERM', async () => {
          release('go');
          // A short restart as often as one that takes its time.
          if (times > 2) await this.#wait(seconds * 2000);
        });
        return this.#lasts(kind);
      }
      case 'node lost, then back':
      case 'node lost and deleted': {
        const node = this.#world.servers?.stack.kubernetes.nodes[1] ?? '';
        const met = () => this.#open.map(({ workflowId }) => workflowId).filter((id) => this.#isOn(id, node));
        this.#fire(kind, met());
        await this.#restartServer('node-2', 'SIGKILL', async () => {
          if (kind === 'node lost and deleted') await this.#kube.call('DELETE', `/api/v1/nodes/${node}`);
          await this.#wait(NODE_AWAY_MS);
        });
        for (const id of met()) this.#metBy(id).add(kind);
        return;
      }
      case 'log store: full for a while':
      case 'log store: slow':
      case 'log store: read-only for a while':
        for (const worker of targets) {
          worker.onDisk = () => this.#fireWide(kind);
          worker.disk(kind.includes('full') ? 'full' : kind.includes('slow') ? 'slow' : 'read-only');
        }
        await this.#wait(seconds * 1000);
        for (const worker of targets) worker.disk('well');
        return;
    }
  }

  /** A watch lives long, and a list is asked for only without one: for the next answer to be a wrong one, it has to be asked for. */
  #askForWatch(verb: SharedFault['verb'], targets: readonly ChaosWorker[]): void {
    for (const { kube } of targets)
      if (verb === 'watch') kube.endStreams('', 'watch', 'eof');
      else if (verb === 'list') kube.expire('');
  }

  async #stopped(targets: readonly ChaosWorker[], release: (how: 'go' | 'drop') => void): Promise<void> {
    const ending = targets.map((worker) => worker.end('SIGTERM'));
    release('go');
    await Promise.all(ending);
  }

  /** A worker that is not there at the end of the round is started by `#ready`. */
  async #restart(targets: readonly ChaosWorker[]): Promise<void> {
    await Promise.all(targets.map((worker) => worker.start()));
  }

  #untilPodsEnd(): Promise<void> {
    const atWork = () =>
      this.#open.flatMap(({ workflowId }) => this.#observer.of(workflowId)).filter(({ ranAt }) => ranAt !== undefined);
    return this.#observer
      .until(() => atWork().every(({ endedAt, goneAt }) => endedAt ?? goneAt), this.#over.signal)
      .catch(() => undefined);
  }

  /** Pods that are still there when their runs are over: those of terminated runs are given time, and the sweeper. */
  async #leftOver(): Promise<Set<string>> {
    const mine = async () => {
      const there = await this.#observer.there();
      const ids = new Set(this.#runs.map(({ workflowId }) => workflowId));
      return there.filter(({ metadata }) => {
        const seen = this.#observer.pods.get(metadata.uid);
        return ids.has(seen?.key?.workflowId ?? '') && metadata.annotations?.['temporal-pods/keep-until'] === undefined;
      });
    };
    for (let end = Date.now() + 45_000; Date.now() < end && (await mine()).length > 0;) await sleep(500);
    if ((await mine()).length > 0) {
      this.#world.say(`  ${(await mine()).length} pods left: a sweep`);
      await this.#world.client.workflow
        .execute('sweep', {
          taskQueue: this.#name,
          workflowId: `${this.#name}-sweep-${this.#rounds}`,
          args: [{ minAge: 0 }],
          workflowExecutionTimeout: '60s',
        })
        .catch((error: unknown) => this.#world.say(`  the sweep failed: ${String(error)}`));
      for (let end = Date.now() + 15_000; Date.now() < end && (await mine()).length > 0;) await sleep(500);
    }
    const left = await mine();
    for (const { metadata } of left)
      await this.#kube.call('DELETE', `/api/v1/namespaces/${this.#namespace}/pods/${metadata.name}`, {
        gracePeriodSeconds: 1,
      });
    return new Set(left.map(({ metadata }) => metadata.uid));
  }

  async #factsOf(run: Run, orphans: ReadonlySet<string>): Promise<RunFacts> {
    const seen = this.#observer.of(run.workflowId);
    // The copies of the logs end a moment after the pods.
    for (let end = Date.now() + 3_000; Date.now() < end && seen.some(({ complete, goneAt }) => !complete && !goneAt);)
      await sleep(100);
    const end = run.end ?? { status: 'RUNNING' };
    if (end.status === 'RUNNING') await run.handle.terminate('the round is over').catch(() => undefined);
    const { plan, workflowId, runIds, startedAt, growth, actedAt, handovers } = run;
    const met = this.#metBy(workflowId);
    const closedAt = run.closedAt ?? Date.now();
    for (const [kind, { from, to }] of this.#wide) if (startedAt <= to && closedAt >= from) met.add(kind);
    return {
      plan,
      workflowId,
      end,
      runIds,
      startedAt,
      closedAt,
      met,
      ...(actedAt !== undefined && { actedAt }),
      handovers,
      crashes: [],
      growth,
      seen,
      stored: storedLogs(this.#logRoot, workflowId),
      orphans: seen.filter(({ uid }) => orphans.has(uid)).map(({ name }) => name),
    };
  }
}

/** As `local/` names them. */
const SERVERS = {
  'API server restarted': 'kube-apiserver',
  'etcd restarted': 'etcd',
  'kubelet restarted': 'kubelet',
  'containerd restarted': 'containerd',
  'Temporal restarted': 'temporal',
} as const;

const REQUEST_STEPS = {
  create: ['create', 'before'],
  created: ['create', 'after'],
  gate: ['patch', 'before'],
  opened: ['patch', 'after'],
  delete: ['delete', 'before'],
  deleted: ['delete', 'after'],
} as const;

/** Calls that tell something of a task. A poll that fails is only late. */
const REPORTS = [
  'RecordActivityTaskHeartbeat',
  'RespondActivityTaskCompleted',
  'RespondActivityTaskFailed',
  'RespondActivityTaskCanceled',
  'RespondWorkflowTaskCompleted',
];

/** @returns when it began */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = Date.now();
  await work();
  return began;
}

async function endOf(handle: WorkflowHandle, over: AbortSignal): Promise<End> {
  const late = new Promise<never>((_, reject) =>
    over.addEventListener('abort', () => reject(new Error('the round is over')), { once: true }),
  );
  late.catch(() => undefined);
  for (;;)
    try {
      const result = (await Promise.race([handle.result(), late])) as PodResult;
      return { status: 'COMPLETED', result };
    } catch (error) {
      // A Temporal that is away for a moment ends no run.
      const status = await handle.describe().then(
        ({ status }) => status.name,
        () => 'RUNNING',
      );
      if (status === 'RUNNING' && !over.aborted) {
        await sleep(500);
        continue;
      }
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        const { type, details, message } = cause as Error & { type?: string; details?: unknown[] };
        if (type !== undefined && type !== 'DagFailed')
          return { status, failure: { type, message, details: details?.[0] as FailureDetails } };
      }
      const { name: type, message } = error as Error;
      const details = await handle.fetchHistory().then(cancelReport, () => undefined);
      return { status, failure: { type, message, ...(details && { details }) } };
    }
}

/** What the last cancelled activity of a run has reported of its pod: a cancelled run itself tells nothing of it. */
export function cancelReport({ events }: History): FailureDetails | undefined {
  const data = events
    ?.map((event) => event.activityTaskCanceledEventAttributes?.details?.payloads?.[0]?.data)
    .findLast((payload) => payload != null);
  return data && (JSON.parse(Buffer.from(data).toString()) as FailureDetails);
}
