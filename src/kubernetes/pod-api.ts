/** The plain calls: one request, one answer. Paths and (de)serialisation are client-node's, the HTTP is ours. */
import {
  CoreV1Api,
  createConfiguration,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
  type V1Pod,
} from '@kubernetes/client-node';
import type { PodEvent, PodRef } from '../contract/index.ts';
import { ClusterError, errorOf, isClusterError } from './cluster-error.ts';
import { readText, timeLimitError, type Http } from './http.ts';
import { mustBeSafe } from './safe-names.ts';
import { mergeEvents } from './pod-events.ts';

const pageSize = 500;

const nameOf = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;

/** Any failure of a call becomes a ClusterError that names the verb and the object. */
async function call<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw errorOf(what, error);
  }
}

/** client-node's API over our HTTP; `limitMs` bounds a whole call, credentials and body included. */
export function coreApi(http: Http, limitMs: number): CoreV1Api {
  const httpApi = wrapHttpLibrary({
    async send(request) {
      const stop = new AbortController();
      const limit = setTimeout(() => stop.abort(timeLimitError(limitMs)), limitMs);
      try {
        const body = request.getBody();
        const response = await http.send(
          {
            method: request.getHttpMethod(),
            url: request.getUrl(),
            headers: request.getHeaders(),
            ...(typeof body === 'string' && { body }),
          },
          stop.signal,
        );
        const text = await readText(response);
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        return new ResponseContext(response.statusCode ?? 0, Object.fromEntries(headers) as Record<string, string>, {
          text: async () => text,
          binary: async () => Buffer.from(text),
          stream: () => null,
        });
      } finally {
        clearTimeout(limit);
      }
    },
  });
  return new CoreV1Api(createConfiguration({ baseServer: new ServerConfiguration(http.server, {}), httpApi }));
}

export const createPod = (
  api: CoreV1Api,
  namespace: string,
  body: V1Pod,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<V1Pod> =>
  call(`create pod ${namespace}/${body.metadata?.name ?? '?'}`, async () => {
    mustBeSafe({ namespace, name: body.metadata?.name });
    return api.createNamespacedPod({ namespace, body, ...(dryRun && { dryRun: 'All' }) });
  });

export async function readPod(api: CoreV1Api, namespace: string, name: string): Promise<V1Pod | undefined> {
  mustBeSafe({ namespace, name });
  try {
    return await call(`read pod ${namespace}/${name}`, () => api.readNamespacedPod({ namespace, name }));
  } catch (error) {
    if (isClusterError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** After a failed test of the uid, which is a 422 that does not say so: the pod if it is still this one, and who it is if not. */
export async function readSame(api: CoreV1Api, what: string, { namespace, name, uid }: PodRef): Promise<V1Pod> {
  const pod = await readPod(api, namespace, name);
  if (!pod) throw new ClusterError(`${what}: there is no such pod`, { kind: 'notFound' });
  if (pod.metadata?.uid !== uid)
    throw new ClusterError(`${what}: this name now belongs to another pod (${pod.metadata?.uid})`, {
      kind: 'conflict',
    });
  return pod;
}

/** Pages show one moment of the cluster. When that moment becomes too old between two pages, everything is read at once. */
export async function listPods(api: CoreV1Api, namespace: string, labelSelector: string) {
  mustBeSafe({ namespace });
  const what = `list pods in ${namespace}`;
  const items: V1Pod[] = [];
  let next: string | undefined;
  try {
    for (;;) {
      const page = await call(what, () =>
        api.listNamespacedPod({ namespace, labelSelector, limit: pageSize, ...(next && { _continue: next }) }),
      );
      items.push(...page.items);
      next = page.metadata?._continue;
      if (!next) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  } catch (error) {
    if (!next || !isClusterError(error, 'gone')) throw error;
    const all = await call(what, () => api.listNamespacedPod({ namespace, labelSelector }));
    return { items: all.items, resourceVersion: all.metadata?.resourceVersion ?? '' };
  }
}

/** The uid goes into the body, and with a body the API server reads no option from the query: so the grace does too. */
export async function deletePod(api: CoreV1Api, ref: PodRef, graceSeconds?: number): Promise<'deleting' | 'gone'> {
  // Without a uid, it would be whatever pod has the name by now.
  mustBeSafe(ref);
  const { namespace, name, uid } = ref;
  const gracePeriodSeconds = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...gracePeriodSeconds };
  try {
    const answer = await call(`delete pod ${nameOf(ref)}`, () => api.deleteNamespacedPod({ namespace, name, body }));
    return isRemoved(answer, uid) ? 'gone' : 'deleting';
  } catch (error) {
    if (isClusterError(error, 'notFound')) return 'gone';
    if (!isClusterError(error, 'conflict')) throw error;
    const pod = await readPod(api, namespace, name);
    if (pod?.metadata?.uid !== uid) return 'gone';
    throw new ClusterError(error.message, { ...error, kind: 'transient' });
  }
}

/** The API server answers with the pod as it was last: without a grace and without finalizers it is in the store no more. */
const isRemoved = ({ metadata }: V1Pod, uid: string): boolean =>
  metadata?.uid === uid &&
  metadata.deletionTimestamp !== undefined &&
  metadata.deletionGracePeriodSeconds === 0 &&
  !metadata.finalizers?.length;

export async function podEvents(api: CoreV1Api, ref: PodRef): Promise<PodEvent[]> {
  mustBeSafe(ref);
  const fieldSelector = `involvedObject.name=${ref.name},involvedObject.uid=${ref.uid}`;
  const list = await call(`events of pod ${nameOf(ref)}`, () =>
    api.listNamespacedEvent({ namespace: ref.namespace, fieldSelector, limit: pageSize }),
  );
  return mergeEvents(list.items);
}

export async function killedPods(api: CoreV1Api, namespace: string): Promise<Set<string>> {
  mustBeSafe({ namespace });
  const fieldSelector = 'involvedObject.kind=Pod,reason=Killing';
  const uids = new Set<string>();
  for (let next: string | undefined; ;) {
    const page = await call(`list events in ${namespace}`, () =>
      api.listNamespacedEvent({ namespace, fieldSelector, limit: pageSize, ...(next && { _continue: next }) }),
    );
    for (const { involvedObject } of page.items) if (involvedObject.uid) uids.add(involvedObject.uid);
    next = page.metadata?._continue;
    if (!next) return uids;
  }
}
