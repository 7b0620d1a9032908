/** A run as JSON. Pure. */
import { oneLine } from '../stdout.ts';
import { tasksOf, type RunView } from './view.ts';

export function runDocument({ graph, startedMs, closedMs, leftMs, failure, trouble, ...rest }: RunView) {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    ...rest,
    startedAt: iso(startedMs),
    closedAt: iso(closedMs),
    ...(leftMs !== undefined && { leftMs: Math.round(leftMs) }),
    ...(failure !== undefined && { failure }),
    ...(trouble !== undefined && { trouble: oneLine(trouble) }),
    ...(graph.podsPaused && { podsPaused: true }),
    tasks: tasksOf(graph).map(({ startedAt, endedAt, heldUntil, pausing, ...task }) => ({
      ...task,
      startedAt: iso(startedAt),
      endedAt: iso(endedAt),
      heldUntil: iso(heldUntil),
      ...(pausing && { pausing: { ...pausing, until: iso(pausing.until) } }),
    })),
    edges: graph.edges.map(([from, to, kind]) => ({ from, to, kind })),
    pods: graph.pods.map(({ scheduledAt, endedAt, ...pod }) => ({
      ...pod,
      scheduledAt: iso(scheduledAt),
      endedAt: iso(endedAt),
    })),
    from: graph.from,
  };
}
