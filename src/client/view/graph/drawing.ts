/** What is drawn of a graph, whatever it is drawn with: names, states, and the few words under a name. Pure. */
import { BODY, type Graph, type GraphEdge, type GraphNode, type TaskState } from '../../../contract/index.ts';
import { oneLine } from '../../terminal/stdout.ts';
import { lengthText, momentText } from '../../terminal/time-text.ts';

export interface Drawing {
  readonly title: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly GraphEdge[];
}

/** No text in it has line breaks or control characters. Names are unique. */
export interface DrawnNode {
  readonly name: string;
  readonly state: DrawnState;
  /** A few words each: how long it took, how many pods. */
  readonly notes: readonly string[];
  /** The task that created it, when the body did not. */
  readonly parent?: string;
  /** Why it is as it is. */
  readonly error?: string;
  /** What there is to know beyond that, a line each. */
  readonly details: readonly string[];
}

export type DrawnState = TaskState | 'planned';

export interface DrawingOptions {
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Draws the body too. It is what awaits the last tasks; without this it is drawn only when it starts pods itself. */
  readonly body?: boolean | undefined;
}

export function drawingOf(graph: Graph, { title, now, body = false }: DrawingOptions): Drawing {
  const nodes = body ? graph.nodes : withoutBody(graph.nodes);
  return {
    title: oneLine(title),
    nodes: nodes.map((node) => drawnNode(node, now)),
    edges: edgesAmong(nodes, graph.edges),
  };
}

/** The graph of a run tells the body's pods as nodes of their own. */
function withoutBody(nodes: readonly GraphNode[]): GraphNode[] {
  const told = new Set(nodes.filter(({ name }) => name !== BODY).flatMap(({ pods }) => pods));
  return nodes.filter(({ name, pods }) => name !== BODY || pods.some((pod) => !told.has(pod)));
}

export function edgesAmong(nodes: readonly { readonly name: string }[], edges: readonly GraphEdge[]): GraphEdge[] {
  const known = new Set(nodes.map(({ name }) => name));
  return edges
    .filter(([from, to]) => known.has(from) && known.has(to) && from !== to)
    .map(([from, to, kind]) => [oneLine(from), oneLine(to), kind === 'data' ? 'data' : 'order']);
}

/** What stands under a name. */
export const wordsOf = ({ state, notes }: Pick<DrawnNode, 'state' | 'notes'>): string =>
  [...(state === 'planned' ? [] : [state]), ...notes].join(' · ');

/** For a tooltip: everything, a line each. */
export function allWordsOf(node: DrawnNode): string[] {
  const { name, parent, error, details } = node;
  const words = wordsOf(node);
  const lines = [name, words, parent !== undefined && `created by ${parent}`, error, ...details];
  return lines.filter((line): line is string => typeof line === 'string' && line !== '');
}

function drawnNode(node: GraphNode, now: number): DrawnNode {
  const { name, state, error, changed, parent, startedAt, endedAt } = node;
  const details = [
    startedAt !== undefined && `started ${momentText(startedAt)}`,
    endedAt !== undefined && `ended ${momentText(endedAt)}`,
    changed && `changed: ${JSON.stringify(changed)}`,
  ];
  return {
    name: oneLine(name),
    // A query's answer may say anything: what is none of our words is not drawn.
    state: Object.hasOwn(HUES, state) ? state : 'planned',
    notes: notesOn(node, now),
    ...(parent !== undefined && { parent: oneLine(parent) }),
    ...(error !== undefined && { error: oneLine(error) }),
    details: details.filter((line) => line !== undefined && line !== false).map(oneLine),
  };
}

function notesOn({ startedAt, endedAt, tries, mapped, heldUntil, changed }: GraphNode, now: number): string[] {
  const items = mapped && `${mapped.done} of ${mapped.items} items${mapped.failed ? `, ${mapped.failed} failed` : ''}`;
  const notes = [
    heldUntil !== undefined && `until ${momentText(heldUntil).slice(0, 16)}Z`,
    items,
    startedAt !== undefined && lengthText((endedAt ?? now) - startedAt),
    tries > 1 && `${tries} pods`,
    changed && `changed: ${oneLine(Object.keys(changed).join(', '))}`,
  ];
  return notes.filter((note) => typeof note === 'string');
}

/** A colour on a light and on a dark page: of the frame and the words, and of the ground under them. */
interface Shade {
  readonly line: string;
  readonly fill: string;
}
type Hue = Readonly<Record<'light' | 'dark', Shade>>;

const grey: Hue = { light: { line: '#6e7781', fill: '#f6f8fa' }, dark: { line: '#9198a1', fill: '#1c2128' } };
const blue: Hue = { light: { line: '#0969da', fill: '#ddf4ff' }, dark: { line: '#58a6ff', fill: '#0c2d4d' } };
const green: Hue = { light: { line: '#1a7f37', fill: '#dafbe1' }, dark: { line: '#3fb950', fill: '#0f2d17' } };
const teal: Hue = { light: { line: '#0f766e', fill: '#ccfbf1' }, dark: { line: '#2dd4bf', fill: '#0b2f2b' } };
const red: Hue = { light: { line: '#cf222e', fill: '#ffebe9' }, dark: { line: '#ff7b72', fill: '#3d1214' } };
const amber: Hue = { light: { line: '#9a6700', fill: '#fff8c5' }, dark: { line: '#e3b341', fill: '#332701' } };
const orange: Hue = { light: { line: '#bc4c00', fill: '#fff1e5' }, dark: { line: '#ffa657', fill: '#3a1f08' } };

export const HUES: Readonly<Record<DrawnState, Hue>> = {
  planned: blue,
  waiting: grey,
  queued: grey,
  running: blue,
  held: amber,
  done: green,
  reused: teal,
  failed: red,
  upstream: orange,
  skipped: grey,
  cancelled: grey,
};
