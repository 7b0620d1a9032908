/** Which request is which verb, and what the fake API server does about it. */
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { create, patch, read, remove, type Answer, type FakeLists } from './fake-cluster-api.ts';
import type { Verb } from './fake-cluster-faults.ts';
import type { FakeLogs } from './fake-cluster-logs.ts';
import type { FakePods } from './fake-cluster-pods.ts';
import { log, watch, type Growing } from './fake-cluster-streams.ts';

/** What a client asked for. */
export interface Asked {
  verb: Verb;
  namespace: string;
  /** The pod it is about: that of the path, or that of the manifest. */
  name?: string;
  query: URLSearchParams;
  body: string;
  contentType?: string;
}

export interface World {
  pods: FakePods;
  logs: FakeLogs;
  lists: FakeLists;
  events: CoreV1Event[];
  /** The oldest resourceVersion that is still known. */
  oldest: number;
}

const paths = /^\/api\/v1\/namespaces\/([^/]+)\/(pods|events)(?:\/([^/]+))?(?:\/(log))?$/;

/** Undefined for what the fake does not know. */
export function understand(method: string, url: string, body: string, contentType?: string): Asked | undefined {
  const { pathname, searchParams: query } = new URL(url, 'http://fake');
  const [, namespace, kind, inPath, log] = paths.exec(pathname) ?? [];
  const verb = kind === 'events' ? 'events' : verbOf(method, inPath !== undefined, log !== undefined, query);
  if (!namespace || !verb) return undefined;
  const name = inPath ?? (verb === 'create' ? (JSON.parse(body) as V1Pod).metadata?.name : undefined);
  return { verb, namespace, query, body, ...(name && { name }), ...(contentType && { contentType }) };
}

function verbOf(method: string, one: boolean, log: boolean, query: URLSearchParams): Verb | undefined {
  if (log) return method === 'GET' ? 'log' : undefined;
  if (one) return ({ GET: 'read', PATCH: 'patch', DELETE: 'delete' } as const)[method];
  if (method === 'POST') return 'create';
  if (method !== 'GET') return undefined;
  return query.get('watch') === 'true' ? 'watch' : 'list';
}

/** Does it. No answer: a stream has begun, by `open`. */
export function act(world: World, asked: Asked, open: (kind: 'watch' | 'log') => Growing): Answer | undefined {
  const { pods, logs, lists, events, oldest } = world;
  const { namespace, name = '', query, body } = asked;
  switch (asked.verb) {
    case 'create':
      return create(pods, namespace, body, query);
    case 'read':
      return read(pods, namespace, name);
    case 'delete':
      return remove(pods, namespace, name, body, query);
    case 'patch':
      return patch(pods, namespace, name, body, asked.contentType);
    case 'list':
      return lists.list(pods, namespace, query);
    case 'watch':
      return void watch(pods, open('watch'), namespace, query, oldest);
    case 'log':
      return log(pods, logs, () => open('log'), namespace, name, query);
    case 'events': {
      const wanted = query.get('fieldSelector') ?? '';
      const items = events.filter(({ reason, involvedObject: { uid } }) =>
        wanted.includes('reason=') ? wanted.includes(`reason=${reason}`) : wanted.includes(`involvedObject.uid=${uid}`),
      );
      return { status: 200, body: JSON.stringify({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items }) };
    }
  }
}
