/** The order in which nodes are drawn, and which edges need no line of their own. Pure. */

export type Link = readonly [from: string, to: string, ...rest: unknown[]];

/**
 * Each node after all that it comes after; of those that may be next, one that follows the last one drawn. In a circle, which no
 * DAG has, the first one goes first.
 */
export function drawingOrder(names: readonly string[], edges: readonly Link[]): string[] {
  const consumers = new Map<string, string[]>(names.map((name) => [name, []]));
  const missing = new Map<string, number>(names.map((name) => [name, 0]));
  for (const [from, to] of edges) {
    consumers.get(from)?.push(to);
    missing.set(to, (missing.get(to) ?? 0) + 1);
  }
  const drawn = new Set<string>();
  const ready = names.filter((name) => missing.get(name) === 0).reverse();
  for (;;) {
    const name = ready.pop() ?? (drawn.size < names.length ? names.find((one) => !drawn.has(one)) : undefined);
    if (name === undefined) return [...drawn];
    if (drawn.has(name)) continue;
    drawn.add(name);
    const freed = (consumers.get(name) ?? []).filter((consumer) => {
      const left = (missing.get(consumer) ?? 0) - 1;
      missing.set(consumer, left);
      return left === 0;
    });
    ready.push(...freed.reverse());
  }
}

/** Without the edges that others imply: of `a → b → c` and `a → c` the last one. @param order as `drawingOrder` gives it */
export function transitiveReduction<E extends Link>(order: readonly string[], edges: readonly E[]): E[] {
  const place = new Map(order.map((name, at) => [name, at]));
  const sources = new Map<string, E[]>();
  for (const edge of edges) sources.set(edge[1], [...(sources.get(edge[1]) ?? []), edge]);
  /** Of each node, the places of all that are before it, as bits. */
  const before = new Map<string, bigint>();
  return order.flatMap((name) => {
    // The nearest first: whatever comes before it needs no line.
    const nearest = (sources.get(name) ?? []).sort((a, b) => (place.get(b[0]) ?? 0) - (place.get(a[0]) ?? 0));
    let implied = 0n;
    const needed = nearest.filter(([from]) => {
      const bit = 1n << BigInt(place.get(from) ?? 0);
      const isNew = (implied & bit) === 0n;
      implied |= bit | (before.get(from) ?? 0n);
      return isNew;
    });
    before.set(name, implied);
    return needed.reverse();
  });
}
