/** What `show` shows of a run, as lines. Pure. */
import { BODY } from '../../contract/index.ts';
import { callText } from '../call-text.ts';
import type { RunGraph, RunNode } from '../run-graph/types.ts';
import type { StatusWord } from '../run-query.ts';
import { statusColour } from '../status-colour.ts';
import { oneLine } from '../stdout.ts';
import { countsText } from '../task-state.ts';
import { lengthText, momentText } from '../time-text.ts';
import { dim, type Line, plain } from './lines.ts';

export interface RunView {
  readonly workflow: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: StatusWord;
  readonly startedMs: number;
  readonly closedMs?: number | undefined;
  readonly url?: string | undefined;
  readonly args: readonly unknown[];
  readonly rerunOf?: { readonly workflowId: string } | undefined;
  readonly graph: RunGraph;
  /** Milliseconds that it will yet take. */
  readonly leftMs?: number | undefined;
  /** How it failed, as text. */
  readonly failure?: string | undefined;
  /** Why nothing goes on. */
  readonly trouble?: string | undefined;
}

const ARGS_LENGTH = 100;

/** What does not change any more. */
export function headLines({ workflow, workflowId, startedMs, url, args, rerunOf }: RunView): Line[] {
  const text = shortened(oneLine(args.map((arg) => JSON.stringify(arg)).join(' ')));
  return [
    plain(`${workflow} ${workflowId}`),
    dim(`  started ${momentText(startedMs)}`),
    ...(text ? [dim(`  with ${text}`)] : []),
    ...(rerunOf ? [dim(`  a rerun of ${rerunOf.workflowId}`)] : []),
    ...(url === undefined ? [] : [dim(`  ${url}`)]),
  ];
}

/** How it stands: `running for 34 s: 3 of 7 done, 2 running; about 4 min left`. */
export function statusLines(view: RunView, now: number): Line[] {
  const { status, startedMs, closedMs, trouble } = view;
  const length = lengthText(Math.max(0, (closedMs ?? now) - startedMs));
  const since = { running: 'for', completed: 'in' }[status as 'running'] ?? 'after';
  return [
    [{ text: status, colour: statusColour(status) }, { text: ` ${since} ${length}: ${progressText(view)}` }],
    ...(trouble === undefined ? [] : [[{ text: oneLine(trouble), colour: 'red' as const }]]),
  ];
}

function progressText({ graph, leftMs, status }: RunView): string {
  const tasks = tasksOf(graph);
  const open = tasks.filter(({ state }) => state !== 'done');
  const counted = [`${tasks.length - open.length} of ${tasks.length} done`, countsText(open)]
    .filter(Boolean)
    .join(', ');
  return [
    tasks.length > 0 ? counted : status === 'running' ? 'no task yet' : 'no tasks',
    graph.podsPaused && 'new pods are paused',
    leftMs !== undefined && `about ${lengthText(Math.max(1000, leftMs))} left`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** How it failed, and what somebody may do now. */
export function footLines({ graph, workflowId, status, failure }: RunView): Line[] {
  const call = (command: string, ...args: string[]) => plain(`  ${callText(command, workflowId, ...args)}`);
  const decide = ({ name, heldUntil = 0 }: RunNode): Line[] => [
    [],
    [{ text: `${name} waits for your decision, until ${momentText(heldUntil)}:`, colour: 'yellow' }],
    ...['retry', 'skip', 'fail'].map((command) => call(command, name)),
  ];
  const failed = tasksOf(graph).find(({ state, pods }) => state === 'failed' && pods.length > 0);
  const isOver = status !== 'running' && status !== 'completed' && status !== 'continued-as-new';
  return [
    ...tasksOf(graph)
      .filter(({ state }) => state === 'held')
      .flatMap(decide),
    ...tasksOf(graph)
      .filter(({ pausing }) => pausing?.why === 'keptForDebug')
      .flatMap(({ name }) => [[], plain(`to go on without the failed pod of ${name}:`), call('end-debug', name)]),
    ...(graph.podsPaused ? [[], plain('new pods are paused; to let them start:'), call('resume')] : []),
    ...(failure === undefined ? [] : [[], ...failure.split('\n').map(plain)]),
    ...(isOver ? [[], dim('what helps:'), failed ? call('logs', failed.name) : call('logs'), call('rerun')] : []),
  ];
}

export const tasksOf = ({ nodes }: Pick<RunGraph, 'nodes'>): RunNode[] => nodes.filter(({ name }) => name !== BODY);

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > ARGS_LENGTH ? `${characters.slice(0, ARGS_LENGTH - 1).join('')}…` : text;
}
