/**
 * The observer: a process of its own, with a watch of its own on the pods of one namespace and nothing of the product in it. It is the
 * clock of the bench, and runs the floor: bare pods that it creates itself.
 *
 * Asked over Node's IPC, it answers each `Question` with an `Answer` of the same id. It ends with its parent.
 */
import { Kube, linesOf, textOf } from '../test/chaos/kube.ts';
import { Sightings, type ObservedPod, type WatchEvent } from './observed.ts';
import { lineOf, type Work } from './workloads.ts';
import type { Told } from './subject.ts';

export type Question = { id: number } & (
  | { ask: 'ready' }
  /** Pods added since then. */
  | { ask: 'pods'; since: number }
  /** The same, when this holds for so many of them, or after `withinMs`. */
  | { ask: 'until'; since: number; pods: number; are: 'running' | 'gone'; withinMs: number }
  /** Runs it as bare pods. */
  | { ask: 'run'; work: Work }
);
export type Answer = { id: number } & ({ pods: ObservedPod[] } | { told: Told } | { error: string });

const [kubeconfig = '', context = '', namespace = ''] = process.argv.slice(2);
const kube = new Kube(kubeconfig, context);
const path = `/api/v1/namespaces/${namespace}/pods`;
const sightings = new Sightings();
let changed = Promise.withResolvers<void>();
let listed: () => void;
const ready = new Promise<void>((resolve) => (listed = resolve));

function tell(): void {
  changed.resolve();
  changed = Promise.withResolvers<void>();
}

async function watch(): Promise<never> {
  for (;;) {
    try {
      const { body } = await kube.call('GET', path);
      const { items, metadata } = body as { items: WatchEvent['object'][]; metadata: { resourceVersion: string } };
      const now = Date.now();
      for (const object of items) sightings.take({ type: 'ADDED', object }, now);
      sightings.listed(new Set(items.map((pod) => pod.metadata.uid)), now);
      tell();
      listed();
      const query = `watch=true&resourceVersion=${metadata.resourceVersion}`;
      for await (const line of linesOf(await kube.send({ method: 'GET', path: `${path}?${query}` }))) {
        const event = JSON.parse(line) as WatchEvent;
        if (event.type === 'ERROR') break;
        if (event.type === 'BOOKMARK') continue;
        sightings.take(event, Date.now());
        tell();
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Resolves with it as soon as `see` finds something. */
async function seen<T>(see: () => T | undefined): Promise<T> {
  for (;;) {
    const found = see();
    if (found !== undefined) return found;
    await changed.promise;
  }
}

async function until({ since, pods, are, withinMs }: Extract<Question, { ask: 'until' }>): Promise<ObservedPod[]> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
  const isSo = () => sightings.since(since).filter((pod) => pod[are] !== undefined).length >= pods;
  await Promise.race([seen(() => isSo() || undefined), late]);
  return sightings.since(since);
}

let count = 0;
/** One bare pod: resolves when its container is seen terminated. It is deleted when its phase is terminal, beside. */
async function bare({ image, command, lines: wanted }: Work): Promise<Told['lines']> {
  const name = `floor-${process.pid}-${count++}`;
  const container = { name: 'base', image, command, imagePullPolicy: 'IfNotPresent' };
  const spec = { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [container] };
  const { status, body } = await kube.call('POST', path, { metadata: { name }, spec });
  if (status !== 201) throw new Error(`the pod was refused: ${JSON.stringify(body)}`);
  const { uid } = (body as WatchEvent['object']).metadata;
  const pod = (state: 'running' | 'terminated' | 'phase') =>
    seen(() => sightings.pods.get(uid)?.[state]).then(() => undefined);
  const removed = pod('phase').then(async () => kube.call('DELETE', `${path}/${name}`));
  removed.catch((error: unknown) => console.error(`the pod ${name} was not deleted:`, error));
  if (wanted === 0) return pod('terminated').then(() => []);
  await pod('running');
  const lines: Told['lines'] = [];
  const log = await kube.send({ method: 'GET', path: `${path}/${name}/log?follow=true` });
  if (log.statusCode !== 200) throw new Error(`no log: ${await textOf(log)}`);
  for await (const text of linesOf(log)) {
    const line = lineOf(text);
    if (line) lines.push([line.number, line.printed, Date.now()]);
  }
  await pod('terminated');
  return lines;
}

async function run(work: Work): Promise<Told> {
  const started = Date.now();
  const all: Told['lines'][] = [];
  if (work.atOnce) all.push(...(await Promise.all(Array.from({ length: work.pods }, () => bare(work)))));
  else for (let pod = 0; pod < work.pods; pod++) all.push(await bare(work));
  return { started, result: Date.now(), lines: all.flat() };
}

async function answer(question: Question): Promise<object> {
  switch (question.ask) {
    case 'ready':
      await ready;
      return { pods: [] };
    case 'pods':
      return { pods: sightings.since(question.since) };
    case 'until':
      return { pods: await until(question) };
    case 'run':
      return { told: await run(question.work) };
  }
}

process.on('message', (question: Question) => {
  answer(question).then(
    (told) => process.send?.({ id: question.id, ...told }),
    (error: unknown) => process.send?.({ id: question.id, error: String(error) }),
  );
});
// It is ended by its parent, also when a terminal sends Ctrl-C to both.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
void watch();
