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
import type { CoreV1Event } from '@kubernetes/client-node';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { connectCluster, type Limits } from '../../src/kubernetes/connect.ts';
import { fail, FakeLists, type Answer } from './fake-cluster-api.ts';
import { FakeFaults, statusBody, type Cut, type Fault, type Verb, type Where } from './fake-cluster-faults.ts';
import { FakeKubelet } from './fake-cluster-kubelet.ts';
import { act, understand, type Asked } from './fake-cluster-routes.ts';
import { Growing } from './fake-cluster-streams.ts';

export type { Cut, Fault, Verb } from './fake-cluster-faults.ts';
export type { FakePod, PodScript } from './fake-cluster-kubelet.ts';

export interface FakeRequest extends Asked {
  /** Which TCP connection it came over, counted from 1. */
  connection: number;
  /** What it brought as its header of that name. */
  authorization?: string;
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
  /** Everything that was asked for, in the order of arrival. */
  readonly requests: FakeRequest[] = [];
  /** How many TCP connections were made. */
  connections = 0;
  /** How many of them the other side has closed. */
  closedConnections = 0;
  /** The only token that is let in: all others get 401. Undefined: nobody is asked. */
  token: string | undefined;

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
    this.#server.on('connection', (socket) => {
      Object.assign(socket, { fakeNumber: ++this.connections });
      socket.once('close', () => {
        this.closedConnections++;
        this.happened();
      });
    });
    this.#server.keepAliveTimeout = 0;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const entries = {
      clusters: [{ name: 'fake', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'fake', user: {} }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    };
    await writeFile(this.kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...entries }));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A real client of this cluster; closed with it. */
  connect(limits?: Limits): Cluster {
    const cluster = connectCluster({ kubeconfig: this.kubeconfig, context: 'fake', ...(limits && { limits }) });
    this.#clusters.push(cluster);
    return cluster;
  }

  /** Plans a fault for the next `times` (default 1) requests of this verb (and this pod or namespace). */
  plan(verb: Verb, fault: Fault, options?: Where & { times?: number }): void {
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

  /** All open watches stay open, and tell nothing any more. */
  stallWatches(): void {
    for (const stream of this.#streams.watch) stream.stall();
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
    {
      container,
      ...event
    }: { type?: string; reason: string; message: string; count?: number; lastTimestamp?: Date; container?: string },
  ): void {
    const { namespace, uid } = this.pod(name).metadata ?? {};
    const fieldPath = container && { fieldPath: `spec.containers{${container}}` };
    const involvedObject = { kind: 'Pod', ...(namespace && { namespace }), name, ...(uid && { uid }), ...fieldPath };
    this.#events.push({ type: 'Normal', lastTimestamp: new Date(), ...event, metadata: {}, involvedObject });
  }

  openConnections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
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
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers, socket } = incoming;
    const asked = understand(method, url, Buffer.concat(chunks).toString(), headers['content-type']);
    if (!asked) return reply(response, fail({ code: 404, message: `the fake knows no ${method} ${url}` }));
    const { authorization } = headers;
    const connection = (socket as { fakeNumber?: number }).fakeNumber ?? 0;
    this.requests.push({ ...asked, connection, ...(authorization && { authorization }) });
    this.happened();
    if (this.token !== undefined && authorization !== `Bearer ${this.token}`) return refuse(response, { answer: 401 });

    const fault = this.#faults.take(asked.verb, asked);
    if (fault === 'hang') return void this.#hanging.push(response);
    if (typeof fault === 'object' && 'answer' in fault) return refuse(response, fault);
    if (typeof fault === 'object' && 'doAfter' in fault) await fault.doAfter;
    const world = { pods: this.pods, logs: this.logs, lists: this.#lists, events: this.#events, oldest: this.#oldest };
    const answer = act(world, asked, (kind) => this.#open(kind, response, fault));
    if (fault === 'lose answer') return void socket.destroy();
    if (typeof fault === 'object' && 'answerAfter' in fault) await fault.answerAfter;
    if (answer) reply(response, answer);
  }

  #open(kind: 'watch' | 'log', response: ServerResponse, fault: Fault | undefined): Growing {
    const stream = new Growing(response, kind === 'log' ? 'text/plain' : 'application/json', fault);
    this.#streams[kind].add(stream);
    this.happened();
    stream.onClose(() => {
      this.#streams[kind].delete(stream);
      this.happened();
    });
    return stream;
  }
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
