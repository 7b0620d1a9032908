/** What things cost: of a process, as Linux tells it; of the servers, as their own metrics tell it. */
import { readFileSync, writeFileSync } from 'node:fs';

/** MiB now, and the most since the process began or `forgetPeak`. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) => Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

/** From now on the peak is counted anew. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Of Linux on every machine that Node runs on. */
const TICKS_A_SECOND = 100;

/** Milliseconds of CPU that the process and its ended children have used, in their own code and in the kernel. */
export function cpuOf(pid: number): number {
  // The name stands in parentheses, and may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1000) / TICKS_A_SECOND;
}

export type Counts = Record<string, number>;

/** The values of one counter in Prometheus' text format, added up by what `keyOf` makes of their labels; undefined leaves one out. */
export function counts(
  text: string,
  counter: string,
  keyOf: (labels: Record<string, string>) => string | undefined,
): Counts {
  const found: Counts = {};
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${counter}{`)) continue;
    const labels = Object.fromEntries(
      [...line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const key = keyOf(labels);
    if (key !== undefined) found[key] = (found[key] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return found;
}

/** What came between two counts; what did not grow is left out. */
export const growth = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(
    Object.entries(after)
      .map(([key, value]) => [key, value - (before[key] ?? 0)] as const)
      .filter(([, more]) => more > 0),
  );

export const total = (all: Counts): number => Object.values(all).reduce((sum, value) => sum + value, 0);

/**
 * Requests about pods, of everybody. Left out is what only the cluster's own parts do: a pod's status and binding, and the making of
 * events. What they do besides (the kubelet GETs a pod before it writes its status, and DELETEs it last) is the same for the pods of the
 * floor, and is taken off with those.
 */
export const apiRequests = (metrics: string): Counts =>
  counts(metrics, 'apiserver_request_total', ({ verb = '', resource = '', subresource = '' }) => {
    if (resource === 'events' && (verb === 'POST' || verb === 'PATCH')) return undefined;
    if (resource !== 'events' && resource !== 'pods') return undefined;
    if (subresource === 'status' || subresource === 'binding') return undefined;
    return `${verb} ${resource}${subresource && `/${subresource}`}`;
  });

/** Polls of the workers for work, and questions that the bench asks as the client that follows a run. */
const NOT_OF_A_POD = /^(Poll|Describe|List|Get|Count|Shutdown|RecordWorkerHeartbeat)/;

/** In a label Temporal has an underscore for whatever is neither letter nor digit. */
const asLabel = (text: string): string => text.replace(/\W/g, '_');

/** Calls of workers and clients to Temporal's frontend that are made for the sake of pods. */
export const temporalCalls = (metrics: string, namespace: string): Counts =>
  counts(metrics, 'service_requests', (labels) =>
    labels.service_name === 'frontend' &&
    asLabel(labels.namespace ?? '') === asLabel(namespace) &&
    !NOT_OF_A_POD.test(labels.operation ?? '')
      ? labels.operation
      : undefined,
  );
