/** The graph as a tree of lines: under each task those that wait for it. Pure. */
import { BODY } from '../../contract/index.ts';
import type { RunGraph, RunNode } from '../history/run-graph.ts';

const LONGEST_LEAD = 30;

export interface TreeRow {
  readonly node: RunNode;
  /** The lines in front of it: `│ └ `. */
  readonly lead: string;
  /** What it waits for besides the task it stands under. */
  readonly also: readonly string[];
}

/**
 * Each task once: one with several sources stands under the deepest of them, the later one of two. So no branch is repeated, and
 * nothing moves while the run goes on. A task without sources that another one created stands under that one.
 */
export function treeOf({ nodes: all, edges }: Pick<RunGraph, 'nodes' | 'edges'>): TreeRow[] {
  const nodes = all.filter(({ name }) => name !== BODY);
  const known = new Map(nodes.map((node, at) => [node.name, { node, at }]));
  const sources = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const [from, to] of edges) if (known.has(from)) sources.get(to)?.push(from);
  for (const { name, parent } of nodes)
    if (parent !== undefined && known.has(parent) && sources.get(name)?.length === 0) sources.get(name)?.push(parent);

  const depth = depths(sources);
  const children = new Map<string | undefined, TreeRow[]>();
  for (const node of nodes) {
    const from = sources.get(node.name) ?? [];
    const deeper = (a: string, b: string) =>
      (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || (known.get(a)?.at ?? 0) - (known.get(b)?.at ?? 0);
    const under = from.toSorted(deeper).at(-1);
    // A cycle cannot be drawn, and a run that has one has failed.
    const place = under !== undefined && (depth.get(under) ?? 0) < (depth.get(node.name) ?? 0) ? under : undefined;
    const row = { node, lead: '', also: from.filter((name) => name !== place) };
    const siblings = children.get(place);
    if (siblings) siblings.push(row);
    else children.set(place, [row]);
  }

  const rows: TreeRow[] = [];
  const draw = (name: string | undefined, lead: string) => {
    const here = children.get(name) ?? [];
    for (const [at, row] of here.entries()) {
      const isLast = at === here.length - 1;
      rows.push({ ...row, lead: name === undefined ? '' : shortened(`${lead}${isLast ? '└ ' : '├ '}`) });
      draw(row.node.name, name === undefined ? '' : `${lead}${isLast ? '  ' : '│ '}`);
    }
  };
  draw(undefined, '');
  return rows;
}

/** A long chain shall not push its names off the screen. */
const shortened = (lead: string): string => (lead.length > LONGEST_LEAD ? `… ${lead.slice(-LONGEST_LEAD)}` : lead);

/** The length of the longest way to each. */
function depths(sources: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const known = new Map<string, number>();
  const depthOf = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, 0);
    const depth = Math.max(-1, ...(sources.get(name) ?? []).map(depthOf)) + 1;
    known.set(name, depth);
    return depth;
  };
  for (const name of sources.keys()) depthOf(name);
  return known;
}
