/** The API server's answers about single pods: status and body out of what was asked. Knows no sockets. */
import type { V1Pod } from '@kubernetes/client-node';
import { statusBody, type Status } from './fake-cluster-faults.ts';
import type { FakePods } from './fake-cluster-pods.ts';

export interface Answer {
  status: number;
  body: string;
}

const ok = (object: unknown, status = 200): Answer => ({ status, body: JSON.stringify(object) });
export const fail = (status: Status): Answer => ({ status: status.code, body: statusBody(status) });
export const notFound = (name: string): Answer =>
  fail({ code: 404, message: `pods "${name}" not found`, details: { name, kind: 'pods' } });

export function create(pods: FakePods, namespace: string, body: string, query: URLSearchParams): Answer {
  const manifest = JSON.parse(body) as V1Pod;
  const name = manifest.metadata?.name ?? '';
  const there = pods.at(namespace, name);
  if (there) {
    const deleting = there.metadata?.deletionTimestamp ? 'object is being deleted: ' : '';
    return fail({ code: 409, reason: 'AlreadyExists', message: `${deleting}pods "${name}" already exists` });
  }
  if (manifest.spec?.schedulingGates?.length && manifest.spec.nodeName) {
    const message = `Pod "${name}" is invalid: spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared`;
    return fail({ code: 422, message });
  }
  const dryRun = query.get('dryRun') === 'All';
  return ok(dryRun ? pods.made(namespace, manifest) : pods.create(namespace, manifest), 201);
}

export function read(pods: FakePods, namespace: string, name: string): Answer {
  const pod = pods.at(namespace, name);
  return pod ? ok(pod) : notFound(name);
}

/** With a body, the options of the query are not read, as in the real one. */
export function remove(pods: FakePods, namespace: string, name: string, body: string, query: URLSearchParams): Answer {
  const pod = pods.at(namespace, name);
  if (!pod) return notFound(name);
  const options = (body ? JSON.parse(body) : {}) as { preconditions?: { uid?: string }; gracePeriodSeconds?: number };
  const uid = pod.metadata?.uid;
  if (options.preconditions?.uid && options.preconditions.uid !== uid) {
    const message = `Operation cannot be fulfilled on Pod "${name}": the UID in the precondition (${options.preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    return fail({ code: 409, message });
  }
  const fromQuery = query.get('gracePeriodSeconds');
  const grace = body ? options.gracePeriodSeconds : fromQuery === null ? undefined : Number(fromQuery);
  if (pods.delete(pod, grace) === 'deleting') return ok(pod);
  const last = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 0 };
  return ok({ ...pod, metadata: { ...pod.metadata, ...last } });
}

/** JSON patch, as far as it takes a scheduling gate away or sets an annotation. */
export function patch(pods: FakePods, namespace: string, name: string, body: string, contentType = ''): Answer {
  if (contentType !== 'application/json-patch+json')
    return fail({ code: 415, message: `the fake knows no ${contentType}` });
  const pod = pods.at(namespace, name);
  if (!pod) return notFound(name);
  const operations = JSON.parse(body) as { op: string; path: string; value?: unknown }[];
  const changes: (() => void)[] = [];
  for (const { op, path, value } of operations) {
    const keys = path
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], pod);
    const gate = /^\/spec\/schedulingGates\/(\d+)$/.exec(path)?.[1];
    const annotations = pod.metadata?.annotations;
    if (op === 'remove' && gate && found !== undefined) changes.push(() => pods.removeGate(pod, Number(gate)));
    else if (op === 'add' && keys.length === 3 && keys[1] === 'annotations' && annotations)
      changes.push(() => pods.edit(pod, () => Object.assign(annotations, { [keys[2] ?? '']: value })));
    else if (op !== 'test' || found !== value)
      return fail({ code: 422, message: `the server rejected our request due to an error in our request` });
  }
  for (const change of changes) change();
  return ok(pod);
}

/** `a=b,c=d`. */
export const selects = (selector: string | null, labels: Record<string, string> = {}): boolean =>
  (selector ?? '')
    .split(',')
    .filter(Boolean)
    .every((term) => labels[term.split('=')[0] ?? ''] === term.split('=')[1]);

/** LIST in pages; a page after the first is of the moment of the first, unless that has been forgotten. */
export class FakeLists {
  readonly #moments = new Map<string, V1Pod[]>();

  list(pods: FakePods, namespace: string, query: URLSearchParams): Answer {
    const limit = Number(query.get('limit') ?? Infinity);
    const [version = String(pods.resourceVersion), offset = '0'] = (query.get('continue') ?? '')
      .split(':')
      .filter(Boolean);
    const items = query.has('continue')
      ? this.#moments.get(version)
      : structuredClone(pods.all()).filter(
          (pod) => pod.metadata?.namespace === namespace && selects(query.get('labelSelector'), pod.metadata.labels),
        );
    if (!items) return fail({ code: 410, message: 'The provided continue parameter is too old' });
    const end = Number(offset) + limit;
    const more = end < items.length;
    if (more) this.#moments.set(version, items);
    const metadata = { resourceVersion: version, ...(more && { continue: `${version}:${end}` }) };
    return ok({ kind: 'PodList', apiVersion: 'v1', metadata, items: items.slice(Number(offset), end) });
  }

  forget(): void {
    this.#moments.clear();
  }
}
