import type { V1Pod } from '@kubernetes/client-node';
// Not exported by the package's door. With it a pod from a watch is the same as one from a GET: times are Dates.
import { ObjectSerializer } from '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
import type { PodWatchEvent, WatchOptions } from './cluster.ts';
import { ClusterError, errorOfAnswer } from './cluster-error.ts';
import type { Http } from './http.ts';
import { mustBeSafe } from './safe-names.ts';
import { bytesOf, linesOf, openStream } from './stream.ts';

/** The server ends a watch after this time (up to a quarter more, so that watches do not end together). */
const watchSeconds = 240;
/**
 * How long a watch may be silent before it is taken for dead: with bookmarks, the API server says something every 60 to 75 s. One
 * that sends none costs a list in that time, and no more.
 */
export const WATCH_IDLE_MS = 100_000;

/** See `Cluster.watchPods`. */
export async function* watchPods(
  http: Http,
  namespace: string,
  options: WatchOptions & { limitMs: number; idleMs?: number },
): AsyncGenerator<PodWatchEvent, void> {
  mustBeSafe({ namespace });
  const what = `watch pods in ${namespace}`;
  const timeoutSeconds = Math.round(watchSeconds * (1 + Math.random() / 4));
  const response = await openStream(http, {
    what,
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    query: {
      watch: 'true',
      labelSelector: options.labelSelector,
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(timeoutSeconds),
    },
    signal: options.signal,
    limitMs: options.limitMs,
  });
  const idleMs = options.idleMs ?? WATCH_IDLE_MS;
  for await (const line of linesOf(bytesOf(response, what, idleMs))) {
    const event = parseWatchLine(line, what);
    if (event) yield event;
  }
}

/** One line of a watch. Undefined for types we do not know; throws a ClusterError for ERROR and for what is no event. */
export function parseWatchLine(line: string, what: string): PodWatchEvent | undefined {
  let event: { type?: string; object?: Record<string, unknown> };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    throw new ClusterError(`${what}: the server sent something that is no event`, { kind: 'transient' });
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, pod: ObjectSerializer.deserialize(event.object, 'V1Pod', '') as V1Pod };
    case 'BOOKMARK': {
      const { resourceVersion } = (event.object?.metadata ?? {}) as { resourceVersion?: string };
      return resourceVersion ? { type: 'BOOKMARK', resourceVersion } : undefined;
    }
    case 'ERROR':
      throw errorOfAnswer(what, Number(event.object?.code ?? 500), JSON.stringify(event.object));
    case undefined:
    default:
      return undefined;
  }
}
