import type { GraphEdge } from '../../contract/index.ts';

/** Each pair once: that it awaited it says more than that it was created after it. */
export class Edges {
  readonly #edges = new Map<string, GraphEdge>();

  add(edge: GraphEdge): void {
    const [from, to, kind] = edge;
    const key = `${from} ${to}`;
    if (kind === 'data' || !this.#edges.has(key)) this.#edges.set(key, edge);
  }

  get list(): GraphEdge[] {
    return [...this.#edges.values()];
  }
}
