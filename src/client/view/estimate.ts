/** How long a run will yet take, from how long the same tasks took in earlier runs. Pure. */
import { BODY, type GraphEdge, type GraphNode } from '../../contract/index.ts';
import type { RunGraph } from '../history/run-graph.ts';
import { hasEnded } from './task-state.ts';

type Shape = Pick<RunGraph, 'nodes' | 'edges'>;

/**
 * Milliseconds: the longest way through what is left. Slots that are not free are not foreseen.
 *
 * @param earlier runs that ended well, the newest first: its tasks that this run has not come to yet count too
 * @returns undefined without a basis: no earlier run, a task that was in none, a task that waits for a person, or all overdue
 */
export function remainingMs(run: Shape, earlier: readonly Shape[], now: number): number | undefined {
  const [newest] = earlier;
  const lengths = lengthsOf(earlier);
  const begun = new Map(run.nodes.map((node) => [node.name, node]));
  const nodes = [...run.nodes, ...(newest?.nodes.filter(({ name }) => !begun.has(name)) ?? [])];
  const sources = sourcesOf([...run.edges, ...(newest?.edges ?? [])]);
  const open = nodes.filter(({ name, state }) => name !== BODY && (!begun.has(name) || !hasEnded(state)));
  if (open.some(({ name, state }) => (begun.has(name) && state === 'held') || !lengths.has(name))) return undefined;

  const isOpen = new Set(open.map(({ name }) => name));
  const known = new Map<string, number>();
  const endOf = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined || !isOpen.has(name)) return before ?? 0;
    known.set(name, 0);
    const { state, startedAt } = begun.get(name) ?? {};
    const length = median(lengths.get(name) ?? []);
    const end =
      state === 'running' && startedAt !== undefined
        ? Math.max(0, startedAt + length - now)
        : Math.max(0, ...(sources.get(name) ?? []).map(endOf)) + length;
    known.set(name, end);
    return end;
  };
  return Math.max(0, ...open.map(({ name }) => endOf(name))) || undefined;
}

/** Of the tasks that came to their end, by name; a task without a pod takes no time. */
function lengthsOf(runs: readonly Shape[]): Map<string, number[]> {
  const lengths = new Map<string, number[]>();
  for (const { nodes } of runs)
    for (const node of nodes)
      if (hasEnded(node.state) && node.state !== 'reused')
        lengths.set(node.name, [...(lengths.get(node.name) ?? []), lengthOf(node)]);
  return lengths;
}

const lengthOf = ({ startedAt = 0, endedAt = startedAt }: GraphNode): number => Math.max(0, endedAt - startedAt);

function sourcesOf(edges: readonly GraphEdge[]): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const [from, to] of edges) sources.set(to, [...(sources.get(to) ?? []), from]);
  return sources;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
