/** The tasks of a run, a line each. Pure. */
import type { RunGraph, RunNode, RunPod } from '../run-graph/types.ts';
import { oneLine } from '../stdout.ts';
import { countsText, hasEnded, isGood, STATE_COLOURS, STATE_ICONS, TASK_STATES } from '../task-state.ts';
import { dim, padded, widthOf, type Line } from './lines.ts';
import { noteOf, stateWords, tookText } from './task-line.ts';
import { treeOf, type TreeRow } from './tree.ts';
import { tasksOf } from './view.ts';

/** A longer cell moves its own line only. */
const WIDEST = 50;

/** As a tree. @param most how many lines there is room for; of more tasks, the most interesting ones are there, as a list */
export function taskLines(graph: RunGraph, now: number, most = Infinity): Line[] {
  const rows = treeOf(graph);
  // Lines taken out of a tree would stand under the wrong ones.
  const shown = rows.length > most ? mostInteresting(rows, most - 1) : rows;
  const pods = podsByTask(graph);
  const cells = shown.map(({ node, lead, also }) => ({
    node,
    name: `${lead}${STATE_ICONS[node.state]} ${node.name}`,
    state: stateWords(node),
    took: tookText(node, now),
    note: noteOn(node, pods, also),
  }));
  const width = (column: 'name' | 'state' | 'took') =>
    Math.max(0, ...cells.map((cell) => widthOf(cell[column])).filter((one) => one <= WIDEST));
  const [name, state, took] = [width('name'), width('state'), width('took')];
  const lines = cells.map((cell): Line => {
    const colour = STATE_COLOURS[cell.node.state];
    return [
      { text: `${padded(cell.name, name)}  `, colour },
      { text: `${padded(cell.state, state)}  ${took > 0 ? `${padded(cell.took, took)}  ` : ''}` },
      { text: cell.note, colour: isGood(cell.node.state) ? 'dim' : hasEnded(cell.node.state) ? colour : undefined },
    ];
  });
  const there = new Set(shown.map(({ node }) => node));
  const hidden = tasksOf(graph).filter((node) => !there.has(node));
  return hidden.length === 0 ? lines : [...lines, dim(`… and ${hidden.length} more: ${countsText(hidden)}`)];
}

/** Each task's line, for who sees one after the other: what it says is the same as long as nothing happens. */
export function taskNews(graph: RunGraph, now: number): Map<string, { key: string; line: string }> {
  const pods = podsByTask(graph);
  return new Map(
    tasksOf(graph).map((node) => {
      const key = [stateWords(node), noteOn(node, pods)].filter(Boolean).join('; ');
      const took = hasEnded(node.state) && tookText(node, now);
      return [node.name, { key, line: `${STATE_ICONS[node.state]} ${node.name}: ${key}${took ? ` (${took})` : ''}` }];
    }),
  );
}

const noteOn = (node: RunNode, pods: ReadonlyMap<string, readonly RunPod[]>, also: readonly string[] = []): string =>
  oneLine(noteOf(node, { pods: pods.get(node.name) ?? [], also }));

function mostInteresting(rows: readonly TreeRow[], count: number): TreeRow[] {
  const byInterest = TASK_STATES.flatMap((state) => rows.filter(({ node }) => node.state === state));
  return byInterest.slice(0, Math.max(0, count)).map((row) => ({ ...row, lead: '' }));
}

function podsByTask({ nodes, pods }: RunGraph): Map<string, RunPod[]> {
  const byId = new Map(pods.map((pod) => [pod.activityId, pod]));
  return new Map(nodes.map((node) => [node.name, node.pods.flatMap((id) => byId.get(id) ?? [])]));
}
