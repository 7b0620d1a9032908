/** Questions to the API server that a worker never asks, over the worker's own HTTP. */
import { ClusterError, errorOf, errorOfAnswer } from '../../kubernetes/cluster-error.ts';
import { createHttp, readText, timeLimitError } from '../../kubernetes/http.ts';
import { loadKubeConfig } from '../../kubernetes/kubeconfig.ts';
import { usage } from '../../common/problem.ts';
import { messageOf } from '../../common/message-of.ts';
import type { KubernetesConfig } from '../../config/index.ts';

const LIMIT_MS = 10_000;

export interface KubeAnswer {
  readonly body: unknown;
  /** The server's clock, in milliseconds since 1970; NaN when it does not say. */
  readonly date: number;
}

export interface KubeReader {
  readonly server: string;
  /** @throws ClusterError */
  get(path: string): Promise<KubeAnswer>;
  post(path: string, body: object): Promise<KubeAnswer>;
  close(): void;
}

/** @throws Problem (2) when the context cannot be used */
export function kubeReader({ context, kubeconfig }: Pick<KubernetesConfig, 'context' | 'kubeconfig'>): KubeReader {
  const http = createHttp(load(context, kubeconfig));
  const call = async (method: string, path: string, body?: object): Promise<KubeAnswer> => {
    const what = `${method} ${path}`;
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(timeLimitError(LIMIT_MS)), LIMIT_MS);
    try {
      const headers = { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) };
      const text = body && JSON.stringify(body);
      const response = await http.send(
        { method, url: `${http.server}${path}`, headers, ...(text && { body: text }) },
        stop.signal,
      );
      const answer = await readText(response);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw errorOfAnswer(what, statusCode, answer);
      return { body: JSON.parse(answer) as unknown, date: Date.parse(response.headers.date ?? '') };
    } catch (error) {
      throw error instanceof ClusterError ? error : errorOf(what, error);
    } finally {
      clearTimeout(limit);
    }
  };
  return {
    server: http.server,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    close: () => http.close(),
  };
}

function load(context: string, kubeconfig: string | undefined) {
  try {
    return loadKubeConfig(context, kubeconfig);
  } catch (error) {
    throw usage(messageOf(error));
  }
}
