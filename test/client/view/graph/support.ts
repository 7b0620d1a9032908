/** Graphs to draw: by hand from arrows, and at random. */
import fc from 'fast-check';
import { oneLine } from '../../../../src/client/terminal/stdout.ts';
import type { Drawing, DrawnNode } from '../../../../src/client/view/graph/drawing.ts';
import type { Graph, GraphEdge, GraphNode } from '../../../../src/contract/index.ts';

/** `a > b`: b awaited a; `a . b`: it was created after a. A name alone stands alone. */
export function graph(arrows: readonly string[], changes: Record<string, Partial<GraphNode>> = {}): Graph {
  const parts = arrows.map((arrow) => arrow.split(' '));
  const names = new Set(parts.flatMap(([from = '', , to = from]) => [from, to]));
  const edges = parts.filter(({ length }) => length === 3);
  return {
    nodes: [...names].map((name) => ({ name, state: 'done', tries: 1, pods: [`${name}-1`], ...changes[name] })),
    edges: edges.map(([from = '', kind, to = '']) => [from, to, kind === '>' ? 'data' : 'order']),
  };
}

export const DIAMOND = ['orders > regions', 'orders > products', 'regions > report', 'products > report'];

/** What `drawingOf` makes of any text. */
const visible = (text: string): string => oneLine(text) || '-';

/** Of edges from earlier to later nodes, in any number; names as bad as they can be. */
export const drawings: fc.Arbitrary<Drawing> = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map(visible), { minLength: 1, maxLength: 30 })
  .chain((names) =>
    fc.record({
      names: fc.constant(names),
      edges: fc.uniqueArray(
        fc.tuple(
          fc.nat(names.length - 1),
          fc.nat(names.length - 1),
          fc.constantFrom('data' as const, 'order' as const),
        ),
        { selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`, maxLength: 60 },
      ),
    }),
  )
  .map(({ names, edges }) => ({
    title: 'random',
    nodes: names.map((name): DrawnNode => ({ name, state: 'done', notes: [], details: [] })),
    edges: edges
      .filter(([a, b]) => a !== b)
      .map(([a, b, kind]): GraphEdge => [names[Math.min(a, b)] ?? '', names[Math.max(a, b)] ?? '', kind]),
  }));
