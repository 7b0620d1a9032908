/** The fake cluster's long answers: a body that grows until somebody ends it, well or badly. */
import type { ServerResponse } from 'node:http';
import type { Cut, Fault } from './fake-cluster-faults.ts';
import { fail, notFound, selects, type Answer } from './fake-cluster-api.ts';
import { statusBody } from './fake-cluster-faults.ts';
import { previousKey, type FakeLogs } from './fake-cluster-logs.ts';
import type { Change, FakePods } from './fake-cluster-pods.ts';

/** One growing body. A planned cut counts the bytes, and may come in the middle of a line. */
export class Growing {
  readonly #response: ServerResponse;
  #left: number;
  #stalled = false;
  readonly #how: Cut;

  constructor(response: ServerResponse, contentType: string, fault?: Fault) {
    const cut = typeof fault === 'object' && 'cutAfter' in fault ? fault : undefined;
    this.#response = response;
    this.#left = cut?.cutAfter ?? Infinity;
    this.#how = cut?.how ?? 'reset';
    response.writeHead(200, { 'Content-Type': contentType, 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    if (this.#left === 0) this.end(this.#how);
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#stalled || this.#response.writableEnded || this.#response.destroyed || !bytes.length) return;
    if (bytes.length < this.#left) {
      this.#left -= bytes.length;
      this.#response.write(bytes);
    } else {
      // The bytes before the cut arrive; then it happens.
      this.#response.write(bytes.subarray(0, this.#left), () => this.end(this.#how));
      this.#left = 0;
    }
  }

  /** Stays open and says nothing any more, as behind a connection that is lost without a word. */
  stall(): void {
    this.#stalled = true;
  }

  end(how: Cut = 'eof'): void {
    if (how === 'eof') this.#response.end();
    else this.#response.socket?.destroy();
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }
}

/** GET pods?watch: what happened since, and what happens. `oldest` is the oldest resourceVersion that is still known. */
export function watch(
  pods: FakePods,
  stream: Growing,
  namespace: string,
  query: URLSearchParams,
  oldest: number,
): void {
  const from = Number(query.get('resourceVersion') ?? 0);
  if (from < oldest) {
    const message = `too old resource version: ${from} (${oldest})`;
    stream.write(`{"type":"ERROR","object":${statusBody({ code: 410, reason: 'Expired', message })}}\n`);
    return stream.end();
  }
  const send = (change: Change) => {
    if (change.namespace !== namespace || change.resourceVersion <= from) return;
    const selector = query.get('labelSelector');
    // What is not selected any more is told as deleted.
    const type = selects(selector, change.labels) ? change.type : selects(selector, change.before) && 'DELETED';
    if (type) stream.write(`{"type":"${type}","object":${change.json}}\n`);
  };
  pods.history.forEach(send);
  pods.on('change', send);
  stream.onClose(() => pods.off('change', send));
}

/** GET pods/x/log, unless it is refused: then the refusal. `open` starts the body. */
export function log(
  pods: FakePods,
  logs: FakeLogs,
  open: () => Growing,
  namespace: string,
  name: string,
  query: URLSearchParams,
): Answer | undefined {
  const pod = pods.at(namespace, name);
  if (!pod) return notFound(name);
  const container = query.get('container') ?? pod.spec?.containers[0]?.name ?? '';
  const known = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(
    (one) => one.name === container,
  );
  if (!known) return fail({ code: 400, message: `container ${container} is not valid for pod ${name}` });
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const state = statuses.find((one) => one.name === container)?.state;
  if (!pod.spec?.nodeName) return { status: 204, body: '' };
  if (!state?.running && !state?.terminated) {
    const message = `container "${container}" in pod "${name}" is waiting to start: ${state?.waiting?.reason ?? 'ContainerCreating'}`;
    return fail({ code: 400, message });
  }
  const key = logKey(pod.metadata?.uid, container);
  if (query.get('previous') === 'true') {
    if (!logs.hasPrevious(key))
      return fail({ code: 400, message: `previous terminated container "${container}" in pod "${name}" not found` });
    const stream = open();
    stream.write(logs.read(previousKey(key), query.get('sinceTime') ?? undefined));
    stream.end();
    return undefined;
  }
  const stream = open();
  stream.write(logs.read(key, query.get('sinceTime') ?? undefined));
  if (query.get('follow') !== 'true' || !state?.running) {
    stream.end();
    return undefined;
  }
  const text = (of: string, piece: string) => of === key && stream.write(piece);
  const ended = (uid: string, of: string) => logKey(uid, of) === key && stream.end();
  logs.on('text', text);
  pods.on('ended', ended);
  stream.onClose(() => {
    logs.off('text', text);
    pods.off('ended', ended);
  });
  return undefined;
}

export const logKey = (uid: string | undefined, container: string): string => `${uid}/${container}`;
