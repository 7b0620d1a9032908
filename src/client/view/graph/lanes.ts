/**
 * Where the lines of a graph run when each node has a row: a node sends a line down a lane, and a node that comes after it stands on that
 * lane or is connected to it from the side. Nodes with the same successors lead into one lane: the edges of a fan of forty and of
 * its join are two lanes. Pure.
 */
import type { GraphEdge } from '../../../contract/index.ts';
import { drawingOrder, transitiveReduction } from './order.ts';

export interface Lane {
  readonly at: number;
  readonly kind: Kind;
}

export interface Row {
  readonly name: string;
  readonly at: number;
  /** The lane on which it stands, when a line comes from above. */
  readonly on: Lane | undefined;
  /** The lanes that are connected from the side. */
  readonly inputs: readonly Lane[];
  /** The lane to the right of it into which it leads. */
  readonly output: Lane | undefined;
  readonly above: readonly Lane[];
  readonly below: readonly Lane[];
  /** Nodes that it comes after, and for whose lines there was no room. */
  readonly named: readonly string[];
}

interface OpenLane extends Lane {
  readonly group: Group;
  /** Who is still to come. */
  readonly waiting: Set<string>;
}

/** @param width how many lanes there may be side by side */
export function rowsOf(names: readonly string[], all: readonly GraphEdge[], width: number): Row[] {
  const order = drawingOrder(names, all);
  const edges = transitiveReduction(order, all);
  const groups = groupsOf(order, edges);
  const lanes = new Lanes(width);
  return order.map((name) => lanes.row(name, groups.get(name)));
}

class Lanes {
  readonly #width: number;
  #open: readonly OpenLane[] = [];
  /** The lane of a group, and where the first of it stood: the others stand below that. */
  readonly #shared = new Map<Group['consumers'], OpenLane>();
  readonly #columns = new Map<Group['consumers'], number>();
  readonly #named = new Map<string, string[]>();

  constructor(width: number) {
    this.#width = width;
  }

  row(name: string, group: Group | undefined): Row {
    const above = this.#open;
    const before = above.filter(({ waiting }) => waiting.delete(name));
    const through = above.filter(({ waiting }) => waiting.size > 0);
    const at = this.#columnOf(before, group);
    const on = before.find((lane) => lane.at === at);
    const inputs = before.filter((lane) => lane !== on);
    this.#open = through;
    const isRightmost = inputs.every((lane) => lane.at < at);
    const lane = group && this.#lead(at, group, { above, isRightmost });
    if (lane && !through.includes(lane)) this.#open = [...through, lane];
    if (group && !lane) for (const to of group.consumers.keys()) this.#addNamed(to, name);
    if (group && !this.#columns.has(group.consumers)) this.#columns.set(group.consumers, at);
    return {
      name,
      at,
      on,
      inputs: inputs.map((lane) => ({ at: lane.at, kind: lane.group.consumers.get(name) ?? 'data' })),
      output: lane && lane.at !== at ? lane : undefined,
      above,
      below: this.#open,
      named: this.#named.get(name) ?? [],
    };
  }

  #columnOf(before: readonly OpenLane[], group: Group | undefined): number {
    const ends = ({ waiting }: OpenLane) => waiting.size === 0;
    const rightmost = Math.max(-1, ...before.map(({ at }) => at));
    const goesOn = Math.max(-1, ...before.filter((lane) => !ends(lane)).map(({ at }) => at));
    const beside = this.#free(this.#open, rightmost + 1);
    // The last one of a fan is drawn as the others are.
    const isOfFan = before.length === 1 && (before[0]?.group.consumers.size ?? 0) > 1 && beside < this.#width;
    const toTheRight = group && group.size > 1;
    const standsOn = before.find((lane) => ends(lane) && lane.at > goesOn && (!toTheRight || lane.at === rightmost));
    if (standsOn && !isOfFan) return standsOn.at;
    const column = group && this.#columns.get(group.consumers);
    const isFree = column !== undefined && column > rightmost && this.#free(this.#open, column) === column;
    return isFree ? column : beside;
  }

  /** Nothing when there is no room. */
  #lead(at: number, group: Group, { above, isRightmost }: { above: readonly OpenLane[]; isRightmost: boolean }) {
    const shared = this.#shared.get(group.consumers);
    const toTheRight = group.size > 1 && isRightmost;
    if (toTheRight && shared && shared.at > at) return shared;
    const own = toTheRight ? this.#free(above, at + 1) : at;
    if (own >= this.#width) return undefined;
    const lane = { at: own, kind: group.kind, group, waiting: new Set(group.consumers.keys()) };
    if (toTheRight) this.#shared.set(group.consumers, lane);
    return lane;
  }

  #free(lanes: readonly OpenLane[], from: number): number {
    let at = from;
    while (lanes.some((lane) => lane.at === at)) at++;
    return at;
  }

  #addNamed(to: string, name: string): void {
    this.#named.set(to, [...(this.#named.get(to) ?? []), name]);
  }
}

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
