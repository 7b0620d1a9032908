/** The objects of the fake cluster: pods, their history, and what a scheduler and a kubelet do to them. Knows no HTTP. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Ending } from './fake-cluster-kubelet.ts';

export type PodChange = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  type: PodChange;
  resourceVersion: number;
  namespace: string;
  labels: Record<string, string>;
  /** Its labels before. */
  before: Record<string, string>;
  /** The pod at that moment, as JSON. */
  json: string;
}

/** Kubernetes' times have no fractions of a second. */
export const wholeSecond = (date = new Date()) => new Date(Math.floor(date.getTime() / 1000) * 1000);

export class FakePods extends EventEmitter<{
  change: [Change];
  ungated: [V1Pod];
  ended: [uid: string, container: string];
}> {
  resourceVersion = 1000;
  readonly history: Change[] = [];
  /** uids, in order, of everything that ever existed, and of what ever had a running container. */
  readonly created: string[] = [];
  readonly ran: string[] = [];
  readonly #pods = new Map<string, V1Pod>();
  readonly #labels = new WeakMap<V1Pod, Record<string, string>>();

  all = (): V1Pod[] => [...this.#pods.values()];
  at = (namespace: string, name: string): V1Pod | undefined => this.#pods.get(`${namespace}/${name}`);

  /** By name alone: tests seldom need more than one namespace. */
  named(name: string): V1Pod {
    const pod = this.all().find((one) => one.metadata?.name === name);
    if (!pod) throw new Error(`fake cluster: there is no pod ${name}`);
    return pod;
  }

  /** What the server makes of a manifest, not stored. */
  made(namespace: string, manifest: V1Pod): V1Pod {
    const spec = manifest.spec ?? { containers: [] };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...manifest.metadata, namespace, uid: randomUUID(), creationTimestamp: wholeSecond() },
      spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec },
      status: {
        phase: 'Pending',
        ...(spec.schedulingGates?.length && {
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        }),
      },
    };
  }

  create(namespace: string, manifest: V1Pod): V1Pod {
    const pod = this.made(namespace, manifest);
    this.#pods.set(`${namespace}/${manifest.metadata?.name}`, pod);
    this.created.push(pod.metadata?.uid ?? '');
    this.#changed('ADDED', pod);
    if (!pod.spec?.schedulingGates?.length) this.emit('ungated', pod);
    return pod;
  }

  removeGate(pod: V1Pod, place: number): void {
    const spec = pod.spec;
    spec?.schedulingGates?.splice(place, 1);
    if (spec?.schedulingGates?.length) return this.#changed('MODIFIED', pod);
    delete spec?.schedulingGates;
    this.#changed('MODIFIED', pod);
    this.emit('ungated', pod);
  }

  /** DELETE: what has no node or has finished vanishes at once, and so does everything with grace 0. */
  delete(pod: V1Pod, grace = pod.spec?.terminationGracePeriodSeconds ?? 30): 'deleting' | 'removed' {
    const { metadata } = pod;
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (!pod.spec?.nodeName || finished || grace === 0) return this.#vanish(pod);
    if (!metadata || metadata.deletionTimestamp) return 'deleting';
    metadata.deletionTimestamp = wholeSecond(new Date(Date.now() + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace;
    this.#changed('MODIFIED', pod);
    return 'deleting';
  }

  /** Unless a finalizer keeps the object. */
  #vanish(pod: V1Pod): 'deleting' | 'removed' {
    if (!pod.metadata?.finalizers?.length) {
      this.remove(pod);
      return 'removed';
    }
    if (!pod.metadata.deletionTimestamp)
      this.edit(pod, ({ metadata }) =>
        Object.assign(metadata ?? {}, { deletionTimestamp: wholeSecond(), deletionGracePeriodSeconds: 0 }),
      );
    return 'deleting';
  }

  /** Whoever set the finalizers takes them away. */
  release(pod: V1Pod): void {
    this.edit(pod, ({ metadata }) => delete metadata?.finalizers);
    const runs = pod.spec?.nodeName && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
    if (pod.metadata?.deletionTimestamp && !runs) this.remove(pod);
  }

  remove(pod: V1Pod): void {
    this.#pods.delete(`${pod.metadata?.namespace}/${pod.metadata?.name}`);
    this.#changed('DELETED', pod);
    for (const container of containersOf(pod)) this.emit('ended', pod.metadata?.uid ?? '', container);
  }

  schedule(pod: V1Pod): void {
    if (!pod.spec || !pod.status) return;
    if (pod.spec.schedulingGates?.length)
      throw new Error(`fake cluster: ${pod.metadata?.name} is gated, nothing schedules it`);
    if (pod.spec.nodeName) return;
    pod.spec.nodeName = 'fake-node';
    pod.status.conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: wholeSecond() }];
    const waiting = (reason: string) => (container: { name: string; image?: string }) =>
      ({
        name: container.name,
        image: container.image ?? '',
        ready: false,
        restartCount: 0,
        // As a kubelet says it of one that has not run before.
        lastState: {},
        state: { waiting: { reason } },
      }) as V1ContainerStatus;
    const init = pod.spec.initContainers ?? [];
    if (init.length) pod.status.initContainerStatuses = init.map(waiting('PodInitializing'));
    pod.status.containerStatuses = pod.spec.containers.map(
      waiting(init.length ? 'PodInitializing' : 'ContainerCreating'),
    );
    this.#changed('MODIFIED', pod);
  }

  /** Starts one container; without a name, ends all init containers well and starts all the others. */
  run(pod: V1Pod, container?: string): void {
    this.schedule(pod);
    const { status, metadata } = pod;
    if (!status || !metadata?.uid) return;
    const startedAt = wholeSecond();
    for (const one of status.initContainerStatuses ?? []) {
      if (container === one.name) one.state = { running: { startedAt } };
      else if (!container && !one.state?.terminated)
        one.state = { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: startedAt } };
    }
    for (const one of status.containerStatuses ?? []) {
      if (container && container !== one.name) continue;
      Object.assign(one, {
        ready: true,
        started: true,
        containerID: `fake://${randomUUID()}`,
        state: { running: { startedAt } },
      });
      status.phase = 'Running';
    }
    status.startTime ??= startedAt;
    if (!this.ran.includes(metadata.uid)) this.ran.push(metadata.uid);
    this.#changed('MODIFIED', pod);
  }

  /** Starts a container anew that has ended, or ends now with exit code 0. */
  restart(pod: V1Pod, container: string): void {
    const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    const one = all.find(({ name }) => name === container);
    if (!one) throw new Error(`fake cluster: ${pod.metadata?.name} has no container ${container} to restart`);
    const at = wholeSecond();
    const terminated = one.state?.terminated ?? {
      exitCode: 0,
      reason: 'Completed',
      startedAt: one.state?.running?.startedAt ?? at,
      finishedAt: at,
    };
    one.lastState = { terminated };
    one.restartCount += 1;
    one.state = { running: { startedAt: at } };
    this.#changed('MODIFIED', pod);
  }

  /** Ends a container. The pod is finished when all have ended; a pod that is being deleted then vanishes. */
  finish(pod: V1Pod, ending: Ending): void {
    const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    const one = ending.container
      ? all.find((status) => status.name === ending.container)
      : pod.status?.containerStatuses?.[0];
    if (!one || !pod.status) throw new Error(`fake cluster: ${pod.metadata?.name} has no such container to finish`);
    const { exitCode, message, signal } = ending;
    one.ready = false;
    one.state = {
      terminated: {
        exitCode,
        reason: ending.reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
        ...(message !== undefined && { message }),
        ...(signal !== undefined && { signal }),
        startedAt: one.state?.running?.startedAt ?? wholeSecond(),
        finishedAt: ending.finishedAt ?? wholeSecond(),
      },
    };
    const main = pod.status.containerStatuses ?? [];
    const failedInit = pod.status.initContainerStatuses?.some(
      ({ name, state }) => state?.terminated?.exitCode && !isSidecar(pod, name),
    );
    if (failedInit || main.every((status) => status.state?.terminated)) {
      const good = !failedInit && main.every((status) => status.state?.terminated?.exitCode === 0);
      pod.status.phase = good ? 'Succeeded' : 'Failed';
    }
    this.#changed('MODIFIED', pod);
    this.emit('ended', pod.metadata?.uid ?? '', one.name);
    if (!pod.metadata?.deletionTimestamp || pod.status.phase === 'Running') return;
    // The kubelet's last word rewrites the deletion, so the last state cannot tell when it began.
    this.edit(pod, ({ metadata }) =>
      Object.assign(metadata ?? {}, { deletionTimestamp: wholeSecond(), deletionGracePeriodSeconds: 0 }),
    );
    this.#vanish(pod);
  }

  /** Any other state of the world: `change` edits the pod in place. */
  edit(pod: V1Pod, change: (pod: V1Pod) => void): void {
    change(pod);
    this.#changed('MODIFIED', pod);
  }

  #changed(type: PodChange, pod: V1Pod): void {
    const { metadata = {} } = pod;
    metadata.resourceVersion = String(++this.resourceVersion);
    const { namespace = '', labels = {} } = metadata;
    const before = this.#labels.get(pod) ?? labels;
    this.#labels.set(pod, { ...labels });
    const { resourceVersion } = this;
    const change = { type, resourceVersion, namespace, labels: { ...labels }, before, json: JSON.stringify(pod) };
    this.history.push(change);
    this.emit('change', change);
  }
}

const isSidecar = (pod: V1Pod, container: string): boolean =>
  pod.spec?.initContainers?.find(({ name }) => name === container)?.restartPolicy === 'Always';

export const containersOf = (pod: V1Pod): string[] =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((container) => container.name);
