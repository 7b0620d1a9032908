/** Nodes with the same successors, which one line can serve. Pure. */
import type { GraphEdge } from '../../contract/index.ts';

export type Kind = GraphEdge[2];

export interface Group {
  readonly size: number;
  readonly consumers: ReadonlyMap<string, Kind>;
  /** `order` when all its edges are. */
  readonly kind: Kind;
}

/** Of each node that has successors. */
export function groupsOf(names: readonly string[], edges: readonly GraphEdge[]): Map<string, Group> {
  const consumers = new Map<string, Map<string, Kind>>();
  for (const [from, to, kind] of edges)
    consumers.set(from, (consumers.get(from) ?? new Map<string, Kind>()).set(to, kind));
  const members = Map.groupBy(
    names.filter((name) => consumers.has(name)),
    (name) => JSON.stringify([...(consumers.get(name) ?? [])].sort()),
  );
  return new Map(
    [...members.values()].flatMap((group) => {
      const of = consumers.get(group[0] ?? '') ?? new Map<string, Kind>();
      const kind = [...of.values()].includes('data') ? 'data' : 'order';
      return group.map((name) => [name, { size: group.length, consumers: of, kind }] as const);
    }),
  );
}
