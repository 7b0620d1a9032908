import { dagError } from './errors.ts';
import type { TaskNode } from './task-node.ts';

/**
 * Notes that `waiter` awaits `sources`, which makes the edges of the graph. Throws instead when they, at this moment, wait for
 * `waiter`: the later wait is the error. The function returned is to be called when the outcome has arrived.
 */
export function beginWait(waiter: TaskNode, sources: readonly TaskNode[], hears: boolean): () => void {
  for (const source of sources) refuseCycle(waiter, source);
  const pending = sources.filter((source) => !source.end);
  for (const source of sources) {
    waiter.sources.add(source);
    if (hears) waiter.heard.add(source);
  }
  for (const source of pending) {
    waiter.pending.set(source, (waiter.pending.get(source) ?? 0) + 1);
    if (waiter.parent) source.awaited++;
  }
  return () => {
    for (const source of pending) endWait(waiter, source);
    for (const source of sources) waiter.receive(source);
  };
}

function endWait(waiter: TaskNode, source: TaskNode): void {
  if (waiter.parent) source.awaited--;
  const left = waiter.pending.get(source)! - 1;
  if (left > 0) waiter.pending.set(source, left);
  else waiter.pending.delete(source);
}

function refuseCycle(waiter: TaskNode, source: TaskNode): void {
  // No task waits for it, so it closes no circle: without this, each await would walk the whole graph above it.
  if (waiter.awaited === 0 && waiter !== source) return;
  const path = waitingPath(source, waiter, new Set());
  if (!path) return;
  const names = [waiter, ...path].map((node) => node.name).join(' → ');
  throw dagError('DagCycle', `tasks wait for each other: ${names}`);
}

/** From one node to another along the waits that are pending now, both ends included. */
function waitingPath(from: TaskNode, to: TaskNode, visited: Set<TaskNode>): TaskNode[] | undefined {
  if (from.end || visited.has(from)) return undefined;
  if (from === to) return [to];
  visited.add(from);
  for (const next of from.pending.keys()) {
    const rest = waitingPath(next, to, visited);
    if (rest) return [from, ...rest];
  }
  return undefined;
}
