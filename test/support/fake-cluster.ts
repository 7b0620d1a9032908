/**
 * A small API server that works, for tests: the real client code talks to it over a socket, and the test is its scheduler,
 * its kubelet and its bad weather.
 *
 *     const fake = await startFakeCluster();
 *     const cluster = fake.connect();
 *     fake.script(async (pod) => { pod.run(); pod.print('hello'); pod.finish({ exitCode: 0 }); });
 *     fake.plan('create', 'lose answer');              // the next POST creates the pod, and nobody is told
 *     …
 *     assert.deepEqual(fake.left(), []);               // no pod left behind
 *     assert.equal(fake.ran.length, 1);                // nothing ran twice
 *     await fake.close();
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../src/activities/kubernetes/cluster.ts';
import { connectCluster, type Limits } from '../../src/activities/kubernetes/connect.ts';
import { create, fail, FakeLists, patch, read, remove, type Answer } from './fake-cluster-api.ts';
import { FakeFaults, statusBody, type Cut, type Fault, type Verb } from './fake-cluster-faults.ts';
import { FakeKubelet } from './fake-cluster-kubelet.ts';
import { Growing, log, watch } from './fake-cluster-streams.ts';

export type { Cut, Fault, Verb } from './fake-cluster-faults.ts';
export type { FakePod, PodScript } from './fake-cluster-kubelet.ts';

/** What a client asked for, in the order of arrival. */
export interface FakeRequest {
  verb: Verb;
  namespace: string;
  name?: string;
  query: URLSearchParams;
  body: string;
  /** Which TCP connection it came over, counted from 1. */
  connection: number;
}

export async function startFakeCluster(): Promise<FakeCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-cluster-'));
  const fake = new FakeCluster(join(folder, 'kubeconfig.yaml'));
  await fake.listen();
  return fake;
}

export class FakeCluster extends FakeKubelet {
  /** Path of a kubeconfig with the one context `fake`. */
  readonly kubeconfig: string;
  readonly requests: FakeRequest[] = [];
  /** How many TCP connections were made. */
  connections = 0;

  readonly #faults = new FakeFaults();
  readonly #lists = new FakeLists();
  readonly #events: CoreV1Event[] = [];
  readonly #streams = { watch: new Set<Growing>(), log: new Set<Growing>() };
  readonly #clusters: Cluster[] = [];
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  readonly #hanging: ServerResponse[] = [];
  #oldest = 0;

  constructor(kubeconfig: string) {
    super();
    this.kubeconfig = kubeconfig;
    this.#server.on('connection', (socket) => Object.assign(socket, { fakeNumber: ++this.connections }));
    this.#server.keepAliveTimeout = 0;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    const entries = {
      clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'fake', user: {} }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    };
    await writeFile(this.kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...entries }));
  }

  /** A real client of this cluster; closed with it. */
  connect(limits?: Limits): Cluster {
    const cluster = connectCluster({ kubeconfig: this.kubeconfig, context: 'fake', ...(limits && { limits }) });
    this.#clusters.push(cluster);
    return cluster;
  }

  /** Plans a fault for the next `times` (default 1) requests of this verb (and this pod, with `name`). */
  plan(verb: Verb, fault: Fault, options?: { name?: string; times?: number }): void {
    this.#faults.plan(verb, fault, options);
  }

  /** Forgets all faults that are still planned. */
  calm(): void {
    this.#faults.clear();
  }

  /** Ends all open watches, or logs, now. */
  cut(what: 'watch' | 'log', how: Cut): void {
    for (const stream of this.#streams[what]) stream.end(how);
  }

  /** Forgets the past: a watch from before now gets 410, and so does the next page of a list. */
  compact(): void {
    this.#oldest = this.pods.resourceVersion;
    this.#lists.forget();
  }

  /** Sends a bookmark on every open watch. */
  bookmark(): void {
    const object = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: String(this.pods.resourceVersion) } };
    for (const stream of this.#streams.watch) stream.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Records an event about a pod, as scheduler and kubelet do. */
  event(
    name: string,
    event: { type?: string; reason: string; message: string; count?: number; lastTimestamp?: Date },
  ): void {
    const { namespace, uid } = this.pod(name).metadata ?? {};
    const involvedObject = { kind: 'Pod', ...(namespace && { namespace }), name, ...(uid && { uid }) };
    this.#events.push({ type: 'Normal', lastTimestamp: new Date(), ...event, metadata: {}, involvedObject });
  }

  /** How many watches, or logs, are open now. */
  open(what: 'watch' | 'log'): number {
    return this.#streams[what].size;
  }

  /** Breaks the connections of all requests that hang. */
  dropHanging(): void {
    for (const response of this.#hanging.splice(0)) response.socket?.destroy();
  }

  /** How many requests of this verb (about this pod) have come. */
  count(verb: Verb, name?: string): number {
    return this.requests.filter((request) => request.verb === verb && (name ?? request.name) === request.name).length;
  }

  async close(): Promise<void> {
    for (const cluster of this.#clusters) cluster.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(join(this.kubeconfig, '..'), { recursive: true, force: true });
    if (this.scriptErrors.length) throw new AggregateError(this.scriptErrors, 'a script of the fake cluster failed');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    let body = '';
    for await (const chunk of incoming as AsyncIterable<Buffer>) body += chunk.toString();
    const { pathname, searchParams: query } = new URL(incoming.url ?? '/', 'http://fake');
    const [, namespace = '', kind, name, sub] =
      /^\/api\/v1\/namespaces\/([^/]+)\/(pods|events)(?:\/([^/]+))?(?:\/(log))?$/.exec(pathname) ?? [];
    const verb = kind === 'events' ? 'events' : verbOf(incoming.method ?? '', name, sub, query);
    if (!kind || !verb)
      return reply(response, fail({ code: 404, message: `the fake knows no ${incoming.method} ${pathname}` }));
    const about = name ?? (verb === 'create' ? (JSON.parse(body) as V1Pod).metadata?.name : undefined);
    const connection = (incoming.socket as { fakeNumber?: number }).fakeNumber ?? 0;
    this.requests.push({ verb, namespace, ...(about && { name: about }), query, body, connection });
    this.happened();

    const fault = this.#faults.take(verb, about);
    if (fault === 'hang') return void this.#hanging.push(response);
    if (typeof fault === 'object' && 'answer' in fault) return refuse(response, fault);
    if (typeof fault === 'object' && 'doAfter' in fault) await fault.doAfter;
    const answer = this.#do(
      verb,
      { namespace, name: name ?? '', query, body, type: incoming.headers['content-type'] },
      response,
      fault,
    );
    if (fault === 'lose answer') return void incoming.socket.destroy();
    if (typeof fault === 'object' && 'answerAfter' in fault) await fault.answerAfter;
    if (answer) reply(response, answer);
  }

  /** What the API server does. No answer: a stream has begun. */
  #do(
    verb: Verb,
    asked: { namespace: string; name: string; query: URLSearchParams; body: string; type: string | undefined },
    response: ServerResponse,
    fault: Fault | undefined,
  ): Answer | undefined {
    const { namespace, name, query, body } = asked;
    const open = (kind: 'watch' | 'log') => {
      const stream = new Growing(response, kind === 'log' ? 'text/plain' : 'application/json', fault);
      this.#streams[kind].add(stream);
      this.happened();
      stream.onClose(() => {
        this.#streams[kind].delete(stream);
        this.happened();
      });
      return stream;
    };
    switch (verb) {
      case 'create':
        return create(this.pods, namespace, body);
      case 'read':
        return read(this.pods, namespace, name);
      case 'delete':
        return remove(this.pods, namespace, name, body, query);
      case 'patch':
        return patch(this.pods, namespace, name, body, asked.type);
      case 'list':
        return this.#lists.list(this.pods, namespace, query);
      case 'watch':
        return void watch(this.pods, open('watch'), namespace, query, this.#oldest);
      case 'log':
        return log(this.pods, this.logs, () => open('log'), namespace, name, query);
      case 'events': {
        const selected = (one: CoreV1Event) =>
          query.get('fieldSelector')?.includes(`involvedObject.uid=${one.involvedObject.uid}`);
        const items = this.#events.filter(selected);
        return { status: 200, body: JSON.stringify({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items }) };
      }
    }
  }
}

function verbOf(
  method: string,
  name: string | undefined,
  sub: string | undefined,
  query: URLSearchParams,
): Verb | undefined {
  if (sub) return method === 'GET' ? 'log' : undefined;
  if (!name)
    return method === 'POST'
      ? 'create'
      : method !== 'GET'
        ? undefined
        : query.get('watch') === 'true'
          ? 'watch'
          : 'list';
  return ({ GET: 'read', PATCH: 'patch', DELETE: 'delete' } as const)[method];
}

function reply(response: ServerResponse, { status, body }: Answer, headers = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
}

function refuse(
  response: ServerResponse,
  fault: { answer: number; reason?: string; message?: string; retryAfter?: number; body?: string },
): void {
  const { answer: status, retryAfter = 1, body = statusBody({ ...fault, code: fault.answer }) } = fault;
  reply(response, { status, body }, status === 429 || status === 503 ? { 'Retry-After': String(retryAfter) } : {});
}
