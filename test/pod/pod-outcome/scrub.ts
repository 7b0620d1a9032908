/** Takes out of recorded pods what only says where and when they were recorded. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEvent } from '../../../src/contract/index.ts';
import { EPOCH, type State } from './recording.ts';

interface Names {
  namespace: string;
  nodes: string[];
  images: { shell: string; python: string };
}

const NOISE = ['managedFields', 'ownerReferences', 'generation', 'resourceVersion'];

/** `seen` is in ms since the epoch. */
export function scrub(states: { seen: number; pod: V1Pod }[], names: Names): State[] {
  const created = new Date(states[0]?.pod.metadata?.creationTimestamp ?? 0).getTime();
  return states.map(({ seen, pod }) => ({
    at: Math.max(0, Math.round((seen - created) / 1000)),
    pod: without(pod, created, names),
  }));
}

function without(pod: V1Pod, created: number, { namespace, nodes, images }: Names): V1Pod {
  const uid = pod.metadata?.uid ?? '';
  const literal: [string, string][] = [
    [namespace, 'n'],
    [uid, 'uid-1'],
    [images.shell, 'shell:1'],
    [images.python, 'python:1'],
    ...nodes.map((node, index): [string, string] => [`"nodeName":"${node}"`, `"nodeName":"node-${index + 1}"`]),
  ];
  let text = JSON.stringify(pod, (key, value: unknown) => (NOISE.includes(key) ? undefined : value));
  for (const [from, to] of literal) text = text.replaceAll(from, to);
  text = text
    .replaceAll(/\/[^" ]*\/kubelet\//g, '/var/lib/kubelet/')
    .replaceAll(/\b(sha256:|containerd:\/\/)[0-9a-f]{64}\b/g, '$1…')
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b(?!:)/g, '10.0.0.1')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'registry:5000')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/g, (time) =>
      JSON.stringify(shifted(JSON.parse(time) as string, created)),
    );
  return JSON.parse(text) as V1Pod;
}

/** The start of the epoch means that there was none. */
function shifted(time: string, created: number): string {
  const ms = new Date(time).getTime();
  return ms === 0 ? time : new Date(ms - created + new Date(EPOCH).getTime()).toISOString().replace('.000Z', 'Z');
}

/** Without when, and without where. */
export const scrubEvents = (events: PodEvent[]): PodEvent[] =>
  events
    .filter(({ reason }) => reason !== 'Scheduled' && reason !== 'Pulled')
    .map(({ type, reason, message, count }) => ({ type, reason, message, count }));
