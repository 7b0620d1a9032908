import type { PodRef } from '../contract/index.ts';
import type { LogOptions } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import type { Http } from './http.ts';
import { mustBeSafe } from './safe-names.ts';
import { bytesOf, openStream } from './stream.ts';

/** See `Cluster.openLog`. `limitMs` bounds the time until the headers, which come at once even when the log is silent. */
export async function openLog(
  http: Http,
  ref: PodRef,
  container: string,
  options: LogOptions & { limitMs: number },
): Promise<AsyncIterable<Buffer>> {
  mustBeSafe(ref);
  const what = `log of ${container} in pod ${ref.namespace}/${ref.name}`;
  const response = await openStream(http, {
    what,
    path: `/api/v1/namespaces/${encodeURIComponent(ref.namespace)}/pods/${encodeURIComponent(ref.name)}/log`,
    query: {
      container,
      timestamps: 'true',
      follow: String(options.follow),
      ...(options.previous && { previous: 'true' }),
      ...(options.sinceTime && { sinceTime: options.sinceTime }),
    },
    signal: options.signal,
    limitMs: options.limitMs,
  });
  // What a pod without a node answers: no log, and nothing that could be followed.
  if (response.statusCode === 204) {
    response.resume();
    throw new ClusterError(`${what}: waiting to start: the pod has no node yet (204)`, {
      kind: 'waiting',
      status: 204,
    });
  }
  return bytesOf(response, what);
}
