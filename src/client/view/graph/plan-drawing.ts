/** What planning told, as a document for programs and as a drawing. Pure. */
import {
  BODY,
  type Graph,
  type GraphEdge,
  type PlannedCall,
  type PlanReport,
  type PodSpec,
  type TaskState,
  UNNAMED,
} from '../../../contract/index.ts';
import { oneLine } from '../../terminal/stdout.ts';
import { type Drawing, type DrawnNode, edgesAmong } from './drawing.ts';

const OPEN: ReadonlySet<TaskState> = new Set(['waiting', 'queued', 'running', 'held']);

export interface PlanDocument {
  readonly workflow: string;
  readonly nodes: readonly PlannedTask[];
  readonly edges: readonly GraphEdge[];
  /** Why it is not whole; empty when it is. */
  readonly problems: readonly string[];
}

export interface PlannedTask {
  readonly name: string;
  /** The task that creates this one; absent when the body does. */
  readonly parent?: string;
  /** The pods, activities and child workflows that it starts. */
  readonly calls: readonly PlannedCall[];
}

/** @param body the body is told too; without this, only when it starts pods itself */
export function planDocument(
  workflow: string,
  { graph, calls, end }: PlanReport & Required<Pick<PlanReport, 'graph'>>,
  body = false,
): PlanDocument {
  const all = graph.nodes.map(({ name, parent }): PlannedTask => {
    const own = calls.filter(({ task }) => task === (name === BODY ? UNNAMED : name));
    return { name, ...(parent !== undefined && { parent }), calls: own.map(({ call }) => call) };
  });
  const nodes = all.filter(({ name, calls }) => body || name !== BODY || calls.some((call) => 'pod' in call));
  return { workflow, nodes, edges: edgesAmong(nodes, graph.edges), problems: problemsOf(graph, end) };
}

function problemsOf({ nodes, edges }: Graph, end: PlanReport['end']): string[] {
  const failed = nodes.filter(({ name, state }) => state === 'failed' && name !== BODY);
  const open = new Set(nodes.filter(({ state }) => OPEN.has(state)).map(({ name }) => name));
  // Who waits for another one of them is not told of.
  const waiting = [...open].filter((name) => !edges.some(([from, to]) => to === name && open.has(from)));
  const problems = [
    ...failed.map(({ name, error }) => `'${name}' fails in the plan: ${error ?? 'no reason is known'}`),
    ...waiting.map(
      (name) =>
        `${name === BODY ? 'the body' : `'${name}'`} waits for what no plan gives: a signal, an update, a condition, or a stand-in that changes`,
    ),
  ];
  if (problems.length > 0 || end === 'completed') return problems;
  return [
    end ? `the workflow fails in the plan: ${end.type}: ${end.message}` : 'the workflow waits for what no plan gives',
  ];
}

/** A tooltip is no place for a script. */
const COMMAND = 200;

export function drawingOfPlan({ workflow, nodes, edges }: PlanDocument): Drawing {
  return { title: `${oneLine(workflow)} · plan`, nodes: nodes.map(drawnTask), edges: edgesAmong(nodes, edges) };
}

function drawnTask({ name, parent, calls }: PlannedTask): DrawnNode {
  return {
    name: oneLine(name),
    state: 'planned',
    notes: counted(calls.map(nameOf)),
    ...(parent !== undefined && { parent: oneLine(parent) }),
    details: calls.flatMap((call) => ('pod' in call ? podLines(call.pod) : [])).map(oneLine),
  };
}

function nameOf(call: PlannedCall): string {
  if ('activity' in call) return call.activity;
  if ('workflow' in call) return call.workflow;
  return typeof call.pod.image === 'string' ? call.pod.image : 'a pod';
}

/** Each once, with how often when that is more. */
function counted(texts: readonly string[]): string[] {
  const counts = Map.groupBy(texts.map(oneLine), (text) => text);
  return [...counts].map(([text, { length }]) => (length > 1 ? `${length} × ${text}` : text));
}

function podLines({ image, command = [], args = [] }: PodSpec): string[] {
  const call = [...command, ...args]
    .map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
  const shown = call.length > COMMAND ? `${call.slice(0, COMMAND)}…` : call;
  return [`image: ${image ?? 'of the template'}`, ...(shown ? [`command: ${shown}`] : [])];
}
