import type { CoreV1Event } from '@kubernetes/client-node';
import type { PodEvent } from '../contract/index.ts';

/** What `kubectl describe pod` would show: equal events merged, newest last. */
export function mergeEvents(events: readonly CoreV1Event[]): PodEvent[] {
  const merged = new Map<string, PodEvent>();
  for (const event of events) {
    const { type = 'Normal', reason = '', message = '' } = event;
    const container = /\{(.+)\}$/.exec(event.involvedObject.fieldPath ?? '')?.[1];
    const key = JSON.stringify([type, reason, message, container]);
    const before = merged.get(key);
    const lastSeen = latest(before?.lastSeen, timeOf(event));
    merged.set(key, {
      type,
      reason,
      message,
      ...(container !== undefined && { container }),
      count: (before?.count ?? 0) + (event.series?.count ?? event.count ?? 1),
      ...(lastSeen && { lastSeen }),
    });
  }
  // Most events know only their second. Those of the same one stay in the server's order, which is that of their names,
  // and these hold the time of creation.
  return [...merged.values()].sort((a, b) => compare(second(a), second(b)));
}

const timeOf = (event: CoreV1Event): string | undefined =>
  iso(
    event.series?.lastObservedTime ??
      event.lastTimestamp ??
      event.eventTime ??
      event.firstTimestamp ??
      event.metadata.creationTimestamp,
  );

const iso = (time: Date | undefined) => time && new Date(time).toISOString();
const latest = (a?: string, b?: string) => (a && b ? (a > b ? a : b) : (a ?? b));
const second = (event: PodEvent) => event.lastSeen?.slice(0, 19) ?? '';
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
