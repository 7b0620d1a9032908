/** The tasks of a run, a line each. Pure. */
import { firstLine } from '../../common/shortened.ts';
import { isSettled, type GraphNode, type MappedItems } from '../../contract/index.ts';
import { keptText, missingTexts } from '../history/pod-end.ts';
import type { RunGraph, RunNode, RunPod } from '../history/run-graph.ts';
import { dim, type Line, padded, widthOf } from '../terminal/lines.ts';
import { oneLine } from '../terminal/stdout.ts';
import { lengthText, momentText } from '../terminal/time-text.ts';
import { lastEnd } from './hold-answers.ts';
import { countsText, hasEnded, isGood, STATE_COLOURS, STATE_ICONS, TASK_STATES } from './task-state.ts';
import { treeOf, type TreeRow } from './tree.ts';
import { tasksOf } from './view.ts';
import type { Pausing } from '../history/dag-events.ts';

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
    took: tookText(node, now, lastEnd(graph, node.pods)),
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

export interface Told {
  /** Of this task, in their order. */
  readonly pods: readonly RunPod[];
  /** What it waits for besides the task it stands under. */
  readonly also?: readonly string[];
}

/** How it stands; the same as long as nothing happens. */
export function stateWords({ state, heldUntil }: GraphNode): string {
  switch (state) {
    case 'held':
      return heldUntil === undefined ? 'held' : `held until ${momentText(heldUntil)}`;
    case 'queued':
      return 'waits for a slot';
    case 'upstream':
      return 'failed upstream';
    default:
      return state;
  }
}

/** How long it has taken, or takes so far; nothing when it has not begun. While it is held, nothing of it runs: its pods took so long. */
export function tookText({ startedAt, endedAt, state }: GraphNode, now: number, podsEnded?: number): string {
  if (startedAt === undefined || state === 'reused') return '';
  const until = endedAt ?? (hasEnded(state) ? undefined : state === 'held' ? podsEnded : now);
  return until === undefined ? '' : lengthText(Math.max(0, until - startedAt));
}

/** Everything else worth a word. */
export function noteOf(node: RunNode, { pods, also = [] }: Told): string {
  const { state, tries, error, changed, mapped, pausing } = node;
  const last = pods.at(-1);
  const notes = [
    mapped && mappedText(mapped),
    tries > 1 && `${tries} pods`,
    last?.end?.skipped && 'by its own word',
    state === 'running' && runningText(pods),
    pausing && `${PAUSES[pausing.why]} ${momentText(pausing.until)}`,
    // Of one that failed upstream it is the failure of another.
    error !== undefined && state !== 'done' && state !== 'upstream' && whatHappened(firstLine(error)),
    changed && `changed: ${Object.keys(changed).join(', ')}`,
    last?.end && keptText(last.end),
    ...missingTexts(last?.end?.logs),
    isLeft(last) && 'its pod may still be there',
    also.length > 0 && !hasEnded(state) && `also waits for ${namesText(also)}`,
    also.length > 0 && hasEnded(state) && `also after ${namesText(also)}`,
  ];
  return notes.filter(Boolean).join('; ');
}

const PAUSES: Readonly<Record<Pausing, string>> = {
  nextTry: 'the next try is at',
  keptForDebug: 'its failed pod is kept for debugging until',
};

/** Of those that are under way what one of them does. */
function runningText(pods: readonly RunPod[]): string | undefined {
  const open = pods.filter(({ end }) => !end);
  const told = open.find(({ now }) => now !== undefined)?.now;
  return open.length > 1 ? `${open.length} pods at once${told ? `, one is ${told}` : ''}` : told;
}

export const mappedText = ({ items, done, failed, running }: MappedItems): string =>
  [`${done} of ${items} items done`, failed > 0 && `${failed} failed`, running > 0 && `${running} running`]
    .filter(Boolean)
    .join(', ');

function isLeft(pod: RunPod | undefined): boolean {
  const { cleanup } = pod?.end ?? {};
  // A removal beside the run is nothing to tell: the run does not end before it.
  return cleanup !== undefined && !cleanup.removing && !isSettled(cleanup);
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

/** Without which pod it was: a line is short, and what happened stands behind it. */
const whatHappened = (text: string): string => text.replace(/^(\w+: )?pod \S+( on node \S+)?: /, '$1');
