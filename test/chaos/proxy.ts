/**
 * What stands between one worker and the two servers, and misbehaves on demand. Two layers each: below, connections that can be reset,
 * slowed down, or fall silent; above, requests that can be answered wrongly, late, or not at all, after the server has acted or
 * before. Everything that a fault really did is told to `fired`: a fault that was only planned proves nothing.
 */
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, textOf, type Kube, type Pod } from './kube.ts';
import type { SharedFault } from './plan.ts';

export type Verb = SharedFault['verb'];

/** So many connections or requests were met. `workflowId`: of a request about one pod. */
export type Fired = (kind: string, workflowId?: string) => void;

const listen = async (server: net.Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** The lower layer. */
export class Wire {
  port = 0;
  #target = 0;
  readonly #server: net.Server;
  readonly #pairs = new Set<{ client: net.Socket; server: net.Socket; dead: boolean }>();
  #delayMs = 0;
  #partition = false;
  /** A connection that was met by what is on now. */
  onMet: () => void = () => undefined;

  constructor() {
    this.#server = net.createServer((client) => this.#connect(client));
  }

  /** In front of the server at this port of loopback. */
  async open(target: number): Promise<void> {
    this.#target = target;
    this.port = await listen(this.#server);
  }

  #connect(client: net.Socket): void {
    const server = net.connect(this.#target, '127.0.0.1');
    const pair = { client, server, dead: this.#partition };
    if (this.#partition) this.onMet();
    this.#pairs.add(pair);
    const pass = (from: net.Socket, to: net.Socket) => {
      from.setNoDelay(true);
      let waiting = 0;
      let last = Promise.resolve();
      const write = (chunk: Buffer) => {
        if (!pair.dead && !to.destroyed && !to.write(chunk)) hold(from, to);
      };
      from.on('data', (chunk: Buffer) => {
        // Read, and never passed on: nobody is told that anything is wrong.
        if (pair.dead) return;
        if (this.#delayMs > 0) this.onMet();
        else if (waiting === 0) return write(chunk);
        waiting++;
        const due = sleep(this.#delayMs);
        last = last
          .then(() => due)
          .then(() => {
            waiting--;
            write(chunk);
          });
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (pair.dead && from === server) return;
        this.#pairs.delete(pair);
        void last.then(() => (from.errored ? to.resetAndDestroy() : to.end()));
      });
    };
    pass(client, server);
    pass(server, client);
  }

  /** Breaks every connection there is. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      this.onMet();
      client.resetAndDestroy();
      server.destroy();
    }
    this.#pairs.clear();
  }

  /** The connections there are fall silent, and stay; new ones work. */
  halfOpen(): void {
    for (const pair of this.#pairs) {
      this.onMet();
      pair.dead = true;
    }
  }

  /** Every packet is dropped, also those of new connections. */
  partition(): void {
    this.#partition = true;
    this.halfOpen();
  }

  slow(ms: number): void {
    this.#delayMs = ms;
  }

  /** All is well. What was silent is broken now, as a firewall or a keep-alive does it in the end. */
  heal(): void {
    this.#partition = false;
    this.#delayMs = 0;
    for (const pair of this.#pairs)
      if (pair.dead) {
        pair.client.resetAndDestroy();
        pair.server.destroy();
        this.#pairs.delete(pair);
      }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One who cannot read so fast is waited for. */
function hold(from: net.Socket, to: net.Socket): void {
  from.pause();
  to.once('drain', () => from.resume());
}

/** A request of a worker to the API server. */
export interface Exchange {
  verb: Verb;
  /** Of the pod that it is about. */
  pod?: string | undefined;
  workflowId?: string | undefined;
}

export type Act =
  /** Answers so, and does nothing. */
  | { do: 'answer'; status: number }
  /** Lets the server act, and breaks the connection instead of answering. */
  | { do: 'lose' }
  /** Takes it, and does nothing for ever. */
  | { do: 'hang' }
  /** Of a stream: it ends after so many bytes. */
  | { do: 'cut'; bytes: number; how: 'reset' | 'eof' }
  /** Of a stream: nothing comes through for so long after so many bytes. */
  | { do: 'stall'; bytes: number; ms: number }
  /** Of a watch: its first word is that the place is too old. */
  | { do: 'gone' }
  /** Of a list: what it was when `remember` was called. */
  | { do: 'older' };

export interface Rule {
  kind: string;
  verb: Verb;
  /** How often it still applies; one object may be shared by two proxies. */
  left: { times: number };
  act: Act;
}

/** Called while a request waits, before it is passed on and again before its answer is. `drop`: it never is. */
export type Hook = (exchange: Exchange, phase: 'before' | 'after') => Promise<'go' | 'drop'>;

interface OpenStream {
  exchange: Exchange;
  end: (how: 'reset' | 'eof', lastWord?: string) => void;
}

const GONE = {
  type: 'ERROR',
  object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' },
};

export class KubeProxy {
  readonly wire = new Wire();
  rules: Rule[] = [];
  hooks = new Set<Hook>();
  /** So many events of watches are left out, under this name. */
  hide: { kind: string; left: number } | undefined;
  /** Who was the last to ask about this pod. */
  onExchange: (exchange: Exchange) => void = () => undefined;
  onAnswer: (exchange: Exchange, status: number) => void = () => undefined;
  readonly #kube: Kube;
  readonly #fired: Fired;
  readonly #server: http.Server;
  readonly #workflowOf: (pod: string) => string | undefined;
  readonly #streams = new Set<OpenStream>();
  #older: { path: string; body: string } | undefined;

  constructor(kube: Kube, fired: Fired, workflowOf: (pod: string) => string | undefined) {
    this.#kube = kube;
    this.#fired = fired;
    this.#workflowOf = workflowOf;
    this.#server = http.createServer(
      { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
      (request, answer) => void this.#handle(request, answer).catch(() => answer.destroy()),
    );
  }

  async open(): Promise<void> {
    await this.wire.open(await listen(this.#server));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await this.wire.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  clear(): void {
    this.rules = [];
    this.hooks.clear();
    this.hide = undefined;
    this.wire.heal();
  }

  /** Ends the watches or logs that are open now. */
  endStreams(kind: string, verb: 'watch' | 'log', how: 'reset' | 'eof', lastWord?: object): void {
    for (const stream of this.#streams)
      if (stream.exchange.verb === verb) {
        this.#fired(kind, stream.exchange.workflowId);
        stream.end(how, lastWord && `${JSON.stringify(lastWord)}\n`);
      }
  }

  /** The watches that are open now are told that their place is too old. */
  expire(kind: string): void {
    this.endStreams(kind, 'watch', 'eof', GONE);
  }

  /** The list as it is now, for the act `older`. */
  async remember(path: string): Promise<void> {
    const { body } = await this.#kube.call('GET', path);
    this.#older = { path, body: JSON.stringify(body) };
  }

  async #handle(request: http.IncomingMessage, answer: http.ServerResponse): Promise<void> {
    answer.on('error', () => undefined);
    const body = Buffer.from(await textOf(request as AsyncIterable<Buffer>));
    const exchange = this.#exchangeOf(request, body);
    this.onExchange(exchange);
    for (const hook of [...this.hooks])
      if ((await hook(exchange, 'before')) === 'drop') return void answer.socket?.resetAndDestroy();
    const rule = this.#take(exchange);
    if (rule) this.#fired(rule.kind, exchange.workflowId);
    const act = rule?.act;
    if (act?.do === 'hang') return;
    if (act?.do === 'answer') return refuse(answer, act.status);
    if (act?.do === 'older' && this.#older) return send(answer, 200, this.#older.body);
    if (act?.do === 'gone') return send(answer, 200, `${JSON.stringify(GONE)}\n`);
    const abort = new AbortController();
    answer.once('close', () => abort.abort());
    const { method = 'GET', url = '/', headers } = request;
    // Asked for plainly: a cut or a hidden event is made in text.
    const { connection: _, host: __, 'accept-encoding': ___, 'content-length': ____, ...kept } = headers;
    const isStream = exchange.verb === 'watch' || exchange.verb === 'log';
    const got = await this.#kube.send(
      { method, path: url, headers: kept },
      body.length > 0 ? body : undefined,
      // What was asked for is done, whoever waits for the answer; a stream that nobody reads is ended.
      isStream ? abort.signal : undefined,
    );
    got.on('error', () => undefined);
    this.onAnswer(exchange, got.statusCode ?? 0);
    if (act?.do === 'lose') {
      await textOf(got);
      return void answer.socket?.resetAndDestroy();
    }
    if (!isStream) {
      const text = await textOf(got);
      for (const hook of [...this.hooks])
        if ((await hook(exchange, 'after')) === 'drop') return void answer.socket?.resetAndDestroy();
      return send(answer, got.statusCode ?? 502, text, got.headers);
    }
    await this.#stream(exchange, got, answer, act);
  }

  #exchangeOf(request: http.IncomingMessage, body: Buffer): Exchange {
    const url = new URL(request.url ?? '/', 'http://proxy');
    // /api/v1/namespaces/<namespace>/pods/<name>/log
    const [, , , , , what, name, sub] = url.pathname.split('/');
    const verb = verbOf(request.method ?? 'GET', what ?? '', name, sub, url.searchParams.has('watch'));
    if (verb !== 'create')
      return { verb, pod: name, workflowId: name === undefined ? undefined : this.#workflowOf(name) };
    const pod = JSON.parse(body.toString() || '{}') as Pod;
    return { verb, pod: pod.metadata?.name, workflowId: keyOf(pod)?.workflowId };
  }

  #take({ verb }: Exchange): Rule | undefined {
    const rule = this.rules.find((one) => one.verb === verb && one.left.times > 0);
    if (rule) rule.left.times--;
    return rule;
  }

  /** Passes a watch or a log on, piece by piece. */
  async #stream(
    exchange: Exchange,
    got: http.IncomingMessage,
    answer: http.ServerResponse,
    act: Act | undefined,
  ): Promise<void> {
    answer.writeHead(got.statusCode ?? 502, { 'content-type': got.headers['content-type'] ?? 'text/plain' });
    answer.flushHeaders();
    const stream: OpenStream = {
      exchange,
      end: (how, lastWord) => {
        if (how === 'reset') answer.socket?.resetAndDestroy();
        else answer.end(lastWord);
        got.destroy();
      },
    };
    this.#streams.add(stream);
    let sent = 0;
    try {
      for await (const piece of this.#pieces(exchange, got)) {
        if (answer.destroyed || answer.writableEnded) break;
        const left = act && 'bytes' in act ? act.bytes - sent : Infinity;
        if (piece.length < left) {
          sent += piece.length;
          if (!answer.write(piece)) await drained(answer);
          continue;
        }
        answer.write(piece.subarray(0, left));
        if (act?.do === 'cut') return stream.end(act.how);
        if (act?.do === 'stall') await sleep(act.ms);
        act = undefined;
        answer.write(piece.subarray(left));
      }
      if (!answer.destroyed) answer.end();
    } catch {
      answer.socket?.resetAndDestroy();
    } finally {
      this.#streams.delete(stream);
      got.destroy();
    }
  }

  async *#pieces({ verb }: Exchange, got: http.IncomingMessage): AsyncGenerator<Buffer> {
    if (verb !== 'watch') {
      for await (const chunk of got as AsyncIterable<Buffer>) yield chunk;
      return;
    }
    let rest = Buffer.alloc(0);
    for await (const chunk of got as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      for (let at = rest.indexOf(0x0a); at !== -1; at = rest.indexOf(0x0a)) {
        const line = rest.subarray(0, at + 1);
        rest = rest.subarray(at + 1);
        if (!this.#isHidden(line)) yield line;
      }
    }
    if (rest.length > 0) yield rest;
  }

  #isHidden(line: Buffer): boolean {
    const { hide } = this;
    if (!hide || hide.left <= 0) return false;
    const { type, object } = JSON.parse(line.toString()) as { type: string; object: Pod };
    if (type === 'BOOKMARK' || type === 'ERROR') return false;
    hide.left--;
    this.#fired(hide.kind, keyOf(object)?.workflowId);
    return true;
  }
}

function verbOf(
  method: string,
  what: string,
  name: string | undefined,
  sub: string | undefined,
  isWatch: boolean,
): Verb {
  if (what === 'events') return 'events';
  if (method === 'POST') return 'create';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return 'delete';
  if (isWatch) return 'watch';
  if (sub === 'log') return 'log';
  return name === undefined ? 'list' : 'read';
}

const drained = (answer: http.ServerResponse) =>
  new Promise<void>((resolve) => {
    answer.once('drain', resolve);
    answer.once('close', resolve);
  });

function send(answer: http.ServerResponse, status: number, text: string, headers: http.IncomingHttpHeaders = {}): void {
  const { 'retry-after': retryAfter } = headers;
  answer.writeHead(status, {
    'content-type': headers['content-type'] ?? 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(retryAfter && { 'retry-after': retryAfter }),
  });
  answer.end(text);
}

const REASONS: Record<number, string> = { 409: 'Conflict', 429: 'TooManyRequests', 500: 'InternalError' };

function refuse(answer: http.ServerResponse, status: number): void {
  const reason = REASONS[status] ?? 'ServiceUnavailable';
  const message =
    status === 409
      ? 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified; please apply your changes to the latest version and try again'
      : `${reason}, by the campaign`;
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status };
  const headers = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  send(answer, status, JSON.stringify(body), headers);
}

export interface CallRule {
  kind: string;
  /** Ends of methods' names; none: every one. */
  methods: readonly string[];
  left: { times: number };
  /** `lose`: the server acts, and the connection breaks instead of an answer. A number: this gRPC status. */
  act: 'lose' | number;
}

/** gRPC is HTTP/2: the same for Temporal. */
export class TemporalProxy {
  readonly wire = new Wire();
  rules: CallRule[] = [];
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  readonly #fired: Fired;
  readonly #target: string;
  readonly #server: http2.Http2Server;
  readonly #sessions = new Set<http2.Http2Session>();
  /** Ids of workflows that a call may be about: a task token holds its workflow's. */
  workflowIds: () => readonly string[] = () => [];

  /** @param target host and port */
  constructor(target: string, fired: Fired) {
    this.#target = target;
    this.#fired = fired;
    this.#server = http2.createServer({ settings: { initialWindowSize: 1 << 20 } });
    this.#server.on('session', (session) => this.#session(session));
    this.#server.on('sessionError', () => undefined);
  }

  async open(): Promise<void> {
    await this.wire.open(await listen(this.#server));
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await this.wire.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  clear(): void {
    this.rules = [];
    this.wire.heal();
  }

  #session(client: http2.ServerHttp2Session): void {
    this.#sessions.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.#sessions.delete(client));
    let server = this.#onward(client);
    const open = () => {
      if (server.closed) server = this.#onward(client);
      return server;
    };
    client.on('stream', (stream, headers) => this.#call(client, open, stream, headers));
  }

  /** One that breaks takes the worker's connection along. One that the server wants renewed (it does so after five minutes) does not. */
  #onward(client: http2.Http2Session): http2.ClientHttp2Session {
    const server = http2.connect(`http://${this.#target}`, { settings: { initialWindowSize: 1 << 20 } });
    this.#sessions.add(server);
    let isRenewed = false;
    const end = () => server.destroy();
    client.on('close', end);
    server.on('error', () => undefined);
    server.on('goaway', (code) => (isRenewed = code === http2.constants.NGHTTP2_NO_ERROR));
    server.on('close', () => {
      this.#sessions.delete(server);
      client.off('close', end);
      if (!isRenewed) client.destroy();
    });
    return server;
  }

  #call(
    client: http2.ServerHttp2Session,
    open: () => http2.ClientHttp2Session,
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
  ): void {
    stream.on('error', () => undefined);
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    const body: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('end', () => {
      const rule = this.#take(String(headers[':path']));
      const whole = Buffer.concat(body);
      if (rule) {
        const about = this.workflowIds().filter((id) => whole.includes(id));
        for (const id of about.length > 0 ? about : [undefined]) this.#fired(rule.kind, id);
      }
      if (typeof rule?.act === 'number')
        return stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': rule.act, 'grpc-message': 'chaos' },
          { endStream: true },
        );
      const { ':scheme': _, ':authority': __, connection: ___, ...kept } = headers;
      if (client.destroyed) return stream.close(http2.constants.NGHTTP2_CANCEL);
      const server = open();
      const onward = server.request({ ...kept, ':authority': this.#target }, { endStream: false });
      onward.on('error', () => undefined);
      onward.end(whole);
      stream.on('close', () => onward.close(http2.constants.NGHTTP2_CANCEL));
      onward.on('response', (answer, flags) => {
        if (rule?.act === 'lose') return client.destroy();
        if (stream.destroyed) return;
        const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        stream.respond(answer, endStream ? { endStream } : { waitForTrailers: true });
        if (endStream) return;
        let trailers: http2.IncomingHttpHeaders = {};
        onward.on('trailers', (all: http2.IncomingHttpHeaders) => (trailers = all));
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
        onward.on('data', (chunk: Buffer) => stream.write(chunk));
        onward.on('end', () => stream.end());
      });
      onward.on('close', () => stream.destroyed || stream.headersSent || stream.close(http2.constants.NGHTTP2_CANCEL));
    });
  }

  #take(path: string): CallRule | undefined {
    const rule = this.rules.find(
      ({ methods, left }) => left.times > 0 && (methods.length === 0 || methods.some((end) => path.endsWith(end))),
    );
    if (rule) rule.left.times--;
    return rule;
  }
}
