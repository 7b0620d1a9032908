/** A plain way to the API server, with nothing of the product in it: for the observer, the proxies and whoever deletes pods. */
import type http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

export interface Pod {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    annotations?: Record<string, string>;
  };
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    containerStatuses?: {
      name: string;
      state?: {
        running?: { startedAt?: string };
        terminated?: { exitCode?: number; startedAt?: string; finishedAt?: string };
      };
    }[];
  };
}

export class Kube {
  readonly #config = new KubeConfig();
  readonly #agent = new https.Agent({ keepAlive: true });

  constructor(kubeconfig: string, context: string) {
    this.#config.loadFromFile(kubeconfig);
    this.#config.setCurrentContext(context);
  }

  /** Sends a request as it is; resolves with the headers of the answer. */
  async send(
    { method, path, headers = {} }: { method: string; path: string; headers?: http.OutgoingHttpHeaders },
    body?: Buffer,
    signal?: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const credentials: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(credentials);
    const server = this.#config.getCurrentCluster()?.server ?? '';
    return new Promise((resolve, reject) => {
      const length = body && { 'content-length': body.length };
      const request = https.request(`${server}${path}`, {
        ...credentials,
        method,
        agent: this.#agent,
        headers: { ...headers, ...length },
        ...(signal && { signal }),
      });
      request.once('response', resolve);
      request.on('error', reject);
      request.end(body);
    });
  }

  async call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const answer = await this.send({ method, path, headers }, body && Buffer.from(JSON.stringify(body)));
    const text = await textOf(answer);
    return { status: answer.statusCode ?? 0, body: text ? (JSON.parse(text) as unknown) : undefined };
  }

  close(): void {
    this.#agent.destroy();
  }
}

export async function textOf(answer: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Whole lines; what stands behind the last newline is not one. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(0x0a); at !== -1; at = rest.indexOf(0x0a)) {
      yield rest.toString('utf8', 0, at);
      rest = rest.subarray(at + 1);
    }
  }
}

export interface Key {
  workflowId: string;
  runId: string;
  activityId: string;
}

/** Whose pod it is, as its annotation says. */
export function keyOf(pod: { metadata?: { annotations?: Record<string, string> } }): Key | undefined {
  try {
    return JSON.parse(pod.metadata?.annotations?.['temporal-pods/key'] ?? '') as Key;
  } catch {
    return undefined;
  }
}

/** Of the container whose end decides. */
export const mainState = (pod: Pod) => pod.status?.containerStatuses?.find(({ name }) => name === 'base')?.state;
