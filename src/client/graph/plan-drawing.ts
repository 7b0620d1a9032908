/** A plan as a drawing. Pure. */
import type { PlannedCall, PodSpec } from '../../contract/index.ts';
import { oneLine } from '../stdout.ts';
import { type Drawing, type DrawnNode, edgesAmong } from './drawing.ts';
import type { PlanDocument, PlannedTask } from './plan-document.ts';

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
