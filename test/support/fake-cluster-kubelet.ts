/** The part of the fake cluster that the test plays: scheduler, kubelet, and whoever else has a hand in the pods. */
import type { V1Pod } from '@kubernetes/client-node';
import { FakeLogs, type PrintOptions } from './fake-cluster-logs.ts';
import { FakePods } from './fake-cluster-pods.ts';
import { logKey } from './fake-cluster-streams.ts';

/** How a container ended, or ends now. `message` is the termination message. */
export interface Ending {
  exitCode: number;
  /** Default: the pod's first container. */
  container?: string;
  reason?: string;
  message?: string;
  signal?: number;
  finishedAt?: Date;
}

/** One pod in the hands of a script. */
export interface FakePod {
  readonly name: string;
  readonly uid: string;
  /** As it is now. */
  readonly pod: V1Pod;
  run(container?: string): void;
  print(line: string, options?: PrintOptions & { container?: string }): void;
  finish(ending: Ending): void;
  /**
   * Its streams end, and it runs again with an empty log; the status tells it only when `told` resolves. With `remove` the log of
   * the start before is not to be had any more.
   */
  restart(container: string, told?: Promise<void>, options?: { remove?: boolean }): Promise<void>;
  evict(): void;
  /** Resolves when somebody deletes the pod: that is its SIGTERM. A script that has ended by then is given exit code 143. */
  readonly terminating: Promise<void>;
}

/** What a pod does from the moment it is ungated. An error fails `fake.close()`. */
export type PodScript = (pod: FakePod) => void | Promise<void>;

export class FakeKubelet {
  readonly pods = new FakePods();
  readonly logs = new FakeLogs();
  readonly scriptErrors: unknown[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.pods.setMaxListeners(0);
    this.pods.on('change', () => this.happened());
  }

  /** uids of everything that ever existed, in order. */
  get created(): readonly string[] {
    return this.pods.created;
  }

  /** uids of everything that ever had a running container, in order. */
  get ran(): readonly string[] {
    return this.pods.ran;
  }

  /** Names of the pods that are there now. */
  left = (): string[] => this.pods.all().map((pod) => pod.metadata?.name ?? '');

  /** The pod of this name as it is now; throws when there is none. */
  pod = (name: string): V1Pod => this.pods.named(name);

  schedule = (name: string): void => this.pods.schedule(this.pod(name));

  /** Starts one container; without a name, ends all init containers well and starts all the others. Schedules the pod first. */
  run = (name: string, container?: string): void => this.pods.run(this.pod(name), container);

  print = (name: string, container: string, line: string, options?: PrintOptions): void =>
    this.logs.print(logKey(this.pod(name).metadata?.uid, container), line, options);

  /** Throws the first lines of a log away. */
  rotate = (name: string, container: string, lines: number): void =>
    this.logs.rotate(logKey(this.pod(name).metadata?.uid, container), lines);

  /** Ends a container (default: the first). A pod whose containers have all ended is finished, and vanishes if it is being deleted. */
  finish = (name: string, ending: Ending): void => this.pods.finish(this.pod(name), ending);

  /** Node pressure: Failed, reason Evicted; the object stays. */
  evict = (name: string): void => evict(this.pods, this.pod(name));

  /** Gone at once, by somebody else's hand. */
  remove = (name: string): void => this.pods.remove(this.pod(name));

  /** The finalizers of the pod are taken away; one that waited for nothing else is gone. */
  release = (name: string): void => this.pods.release(this.pod(name));

  /** Any other state of the world: `change` edits the pod in place. */
  edit = (name: string, change: (pod: V1Pod) => void): void => this.pods.edit(this.pod(name), change);

  /** Runs every pod that becomes ungated through this behaviour. */
  script(behaviour: PodScript): void {
    this.pods.on(
      'ungated',
      (pod) => void this.#play(pod, behaviour).catch((error: unknown) => this.scriptErrors.push(error)),
    );
  }

  /** Resolves once this is so; looks after every request and every change. No time limit: the test has one. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  protected happened(): void {
    for (const look of this.#waiting) look();
    this.#waiting.clear();
  }

  async #play(pod: V1Pod, behaviour: PodScript): Promise<void> {
    const { name = '', uid = '' } = pod.metadata ?? {};
    const { pods, logs } = this;
    const there = () => pods.all().includes(pod);
    let over = false;
    const terminating = this.until(() => !there() || !!pod.metadata?.deletionTimestamp);
    void terminating.then(() => {
      if (over && there() && pod.status?.phase === 'Running') endAll(pods, pod);
    });
    const handle: FakePod = {
      name,
      uid,
      pod,
      terminating,
      run: (container) => there() && pods.run(pod, container),
      print: (line, { container = pod.spec?.containers[0]?.name ?? '', ...options } = {}) =>
        there() && logs.print(logKey(uid, container), line, options),
      finish: (ending) => there() && pods.finish(pod, ending),
      async restart(container, told, { remove = false } = {}) {
        logs.restart(logKey(uid, container));
        if (remove) logs.removePrevious(logKey(uid, container));
        pods.emit('ended', uid, container);
        await told;
        if (there()) pods.restart(pod, container);
      },
      evict: () => there() && evict(pods, pod),
    };
    await Promise.resolve(); // the request that ungated it is answered first
    await behaviour(handle);
    over = true;
    if (there() && pod.metadata?.deletionTimestamp && pod.status?.phase === 'Running') endAll(pods, pod);
  }
}

/** What SIGTERM does to a program that does not catch it. */
function endAll(pods: FakePods, pod: V1Pod): void {
  for (const { name, state } of pod.status?.containerStatuses ?? []) {
    if (state?.running) pods.finish(pod, { container: name, exitCode: 143, signal: 15 });
  }
}

function evict(pods: FakePods, pod: V1Pod): void {
  pods.edit(pod, ({ status }) => {
    if (!status) return;
    Object.assign(status, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' });
    status.conditions = [
      ...(status.conditions ?? []),
      { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' },
    ];
    for (const one of status.containerStatuses ?? []) {
      if (one.state?.running) one.state = { terminated: { exitCode: 137, reason: 'Error', finishedAt: new Date() } };
    }
  });
  for (const { name } of pod.spec?.containers ?? []) pods.emit('ended', pod.metadata?.uid ?? '', name);
}
