/**
 * Our own HTTP to the API server, over node:https: connections that are kept and used again, fresh credentials for each
 * request, a length on every body, and no error that nobody listens to. (client-node makes a new connection for each call,
 * has no time limits, and its log and watch helpers lose errors or end the process.)
 */
import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { credentialsOf, type Credential } from './credentials.ts';

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** A log or a watch: it keeps its connection for itself and waits for no other. */
  stream?: boolean;
}

export interface Http {
  /** The API server's URL, without a slash at the end. */
  readonly server: string;
  /** Resolves with the headers. `stop` ends the request at any time: before them by a rejection, later by an error of the body. */
  send(request: HttpRequest, stop: AbortSignal): Promise<http.IncomingMessage>;
  /** Ends everything that is under way; later requests are refused. */
  close(): void;
}

/** A peer that is silent is probed after this time, and given up some 10 s later (libuv: ten probes, one a second). */
const keepAliveMs = 10_000;
/** At most so many calls at once; the others wait, within their time limits. */
const maxCalls = 64;
const maxIdle = 16;

export function createHttp(kubeConfig: KubeConfig): Http {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error('the context names no cluster');
  const credentials = credentialsOf(kubeConfig);
  const transport = cluster.server.startsWith('http:') ? http : https;
  const calls = new transport.Agent({ keepAlive: true, maxFreeSockets: maxIdle, maxSockets: maxCalls });
  const streams = new transport.Agent({ keepAlive: true, maxFreeSockets: maxIdle });
  const underWay = new Set<(error: Error) => void>();
  let closed = false;

  async function send(request: HttpRequest, stop: AbortSignal): Promise<http.IncomingMessage> {
    const used = await unlessStopped(credentials.now(), stop);
    const response = await sendAs(used, request, stop);
    if (response.statusCode !== 401) return response;
    // Nothing was done: with other credentials the same request is good.
    const others = await unlessStopped(credentials.insteadOf(used), stop);
    if (!others) return response;
    response.resume();
    return sendAs(others, request, stop);
  }

  async function sendAs({ options }: Credential, request: HttpRequest, stop: AbortSignal) {
    if (stop.aborted) throw reasonOf(stop);
    if (closed) throw new Error('the connection to the cluster is closed');
    const { method, url, headers, body, stream } = request;
    const outgoing = transport.request(url, {
      ...options,
      method,
      // A proxy has an agent of its own; client-node's other agents would keep no connection and hold old certificates.
      agent: cluster?.proxyUrl ? options.agent : stream ? streams : calls,
      headers: {
        'User-Agent': 'temporal-pods',
        ...headers,
        ...options.headers,
        // Without it Node sends the body of a DELETE unframed: the API server then sees no uid precondition at all.
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
      },
    });
    return new Promise<http.IncomingMessage>((resolve, reject) => {
      const end = (error: Error) => {
        outgoing.destroy(error);
        reject(error); // a request that still waits for a connection would say nothing; it is never sent
      };
      const abort = () => end(reasonOf(stop));
      underWay.add(end);
      stop.addEventListener('abort', abort, { once: true });
      outgoing.once('close', () => {
        underWay.delete(end);
        stop.removeEventListener('abort', abort);
      });
      outgoing.once('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
      outgoing.on('error', reject); // stays: an error after the headers must not end the process
      outgoing.once('response', (response) => {
        response.on('error', () => undefined); // whoever reads is told by the iterator
        resolve(response);
      });
      outgoing.end(body);
    });
  }

  function close() {
    closed = true;
    for (const end of underWay) end(new Error('the connection to the cluster was closed'));
    calls.destroy();
    streams.destroy();
  }
  return { server: cluster.server, send, close };
}

/** The body as text; with `limit`, at most so many bytes of it. */
export async function readText(response: http.IncomingMessage, limit = Infinity): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}

export const timeLimitError = (ms: number) => new Error(`no answer within ${ms / 1000} s`);

/** A credential plugin may hang: it counts as part of the request. */
function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(stop));
    if (stop.aborted) abort();
    else stop.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => stop.removeEventListener('abort', abort));
  });
}

const reasonOf = (stop: AbortSignal) => (stop.reason instanceof Error ? stop.reason : new Error('aborted'));
