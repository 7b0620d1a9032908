/**
 * What really happened, seen beside the product: a watch of its own and a copy of every log, straight from the API server. Nothing here
 * goes through a proxy, and nothing of the product is used.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kube } from './kube.ts';
import { keyOf, linesOf, mainState, textOf, type Key, type Pod } from './kube.ts';

/** One pod, by its uid. Times are milliseconds since the epoch, as seen here. */
export interface Seen {
  readonly uid: string;
  readonly name: string;
  readonly key: Key | undefined;
  pod: Pod;
  readonly createdAt: number;
  /** Its main container was seen to run, or to have run. */
  ranAt?: number;
  endedAt?: number;
  exitCode?: number | undefined;
  deletingAt?: number;
  goneAt?: number;
  /** The whole log, as far as it could be read. */
  lines: string[];
  /** Lines are read as they come; this one was read to the container's end. */
  complete: boolean;
}

export class Observer {
  readonly pods = new Map<string, Seen>();
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #stop = new AbortController();
  #changed = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
  }

  start(): void {
    this.#running ??= this.#watch();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#tell();
    await this.#running;
  }

  of(workflowId: string): Seen[] {
    return [...this.pods.values()].filter(({ key }) => key?.workflowId === workflowId);
  }

  named(name: string): Seen | undefined {
    return [...this.pods.values()].findLast((seen) => seen.name === name);
  }

  /** Resolves when this is so. Rejects when it is over, or `signal` fires. */
  async until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const given = new Promise<void>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('it did not come to that')), { once: true }),
    );
    given.catch(() => undefined);
    signal.throwIfAborted();
    while (!isSo()) {
      this.#stop.signal.throwIfAborted();
      await Promise.race([this.#changed.promise, given]);
    }
  }

  /** Who is there now, asked and not remembered. */
  async there(): Promise<Pod[]> {
    const { body } = await this.#kube.call('GET', `/api/v1/namespaces/${this.#namespace}/pods`);
    return (body as { items: Pod[] }).items;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #watch(): Promise<void> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods`;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const list = (await this.#kube.call('GET', path)).body as {
          items: Pod[];
          metadata: { resourceVersion: string };
        };
        const there = new Set(list.items.map(({ metadata }) => metadata.uid));
        for (const pod of list.items) this.#see(pod);
        for (const seen of this.pods.values()) if (!there.has(seen.uid) && seen.goneAt === undefined) this.#gone(seen);
        const query = `watch=true&resourceVersion=${list.metadata.resourceVersion}`;
        const answer = await this.#kube.send({ method: 'GET', path: `${path}?${query}` }, undefined, signal);
        for await (const line of linesOf(answer)) {
          const { type, object } = JSON.parse(line) as { type: string; object: Pod };
          if (type === 'ERROR') break;
          if (type === 'BOOKMARK') continue;
          this.#see(object);
          const seen = this.pods.get(object.metadata.uid);
          if (type === 'DELETED' && seen) this.#gone(seen);
        }
      } catch {
        if (!signal.aborted) await sleep(200);
      }
    }
  }

  #see(pod: Pod): void {
    const { uid, name } = pod.metadata;
    const now = Date.now();
    const known = this.pods.get(uid);
    const seen: Seen = known ?? {
      uid,
      name,
      key: keyOf(pod),
      pod,
      createdAt: now,
      lines: [],
      complete: false,
    };
    seen.pod = pod;
    this.pods.set(uid, seen);
    const state = mainState(pod);
    if ((state?.running ?? state?.terminated?.startedAt) && seen.ranAt === undefined) {
      seen.ranAt = now;
    }
    if (pod.spec?.nodeName && !this.#copying.has(uid)) {
      this.#copying.add(uid);
      void this.#copy(seen);
    }
    if (state?.terminated && seen.endedAt === undefined) {
      seen.endedAt = now;
      seen.exitCode = state.terminated.exitCode;
    }
    if (pod.metadata.deletionTimestamp && seen.deletingAt === undefined) seen.deletingAt = now;
    this.#tell();
  }

  readonly #copying = new Set<string>();

  #gone(seen: Seen): void {
    seen.goneAt = Date.now();
    seen.deletingAt ??= seen.goneAt;
    this.#tell();
  }

  /** Reads from the beginning each time: the longest reading counts. From the moment it has a node, lest a short life be missed. */
  async #copy(seen: Seen): Promise<void> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods/${seen.name}/log?container=base&follow=true`;
    const { signal } = this.#stop;
    let before = -1;
    while (!signal.aborted && !seen.complete && seen.goneAt === undefined) {
      try {
        const ended = seen.endedAt !== undefined;
        const answer = await this.#kube.send({ method: 'GET', path }, undefined, signal);
        if (answer.statusCode !== 200) {
          await textOf(answer);
          // Not started yet.
          await sleep(100);
          continue;
        }
        let count = 0;
        for await (const line of linesOf(answer)) {
          if (++count > seen.lines.length) {
            seen.lines.push(line);
            this.#tell();
          }
        }
        // The API server ends a reading cleanly also when its kubelet goes away in the middle: two must agree.
        seen.complete = ended && count === before;
        before = ended ? count : -1;
        if (!seen.complete) await sleep(50);
      } catch {
        await sleep(100);
      }
    }
  }
}
