/** What `show` shows of a run, from what is known of it: as lines, and as JSON. Pure. */
import { callText } from '../../common/program-name.ts';
import { BODY } from '../../contract/index.ts';
import { failureText } from '../history/failure.ts';
import type { RunGraph, RunNode } from '../history/run-graph.ts';
import type { RunHistory, Stuck } from '../history/run-history.ts';
import { waysOut } from '../history/stuck.ts';
import type { FoundRun } from '../temporal/find-run.ts';
import { type RunState, statusColour } from '../temporal/run-query.ts';
import { noWorkerText } from '../temporal/workers.ts';
import { dim, type Line, plain } from '../terminal/lines.ts';
import { oneLine } from '../terminal/stdout.ts';
import { lengthText, momentText } from '../terminal/time-text.ts';
import { holdAnswers } from './hold-answers.ts';
import { remainingMs } from './estimate.ts';
import { countsText } from './task-state.ts';

export interface RunView {
  readonly workflow: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: RunState;
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
  /** The code of its worker fails, or does not fit it. */
  readonly stuck?: Stuck | undefined;
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
  const { status, startedMs, closedMs, trouble, stuck } = view;
  const from = stuck?.since ?? startedMs;
  const length = lengthText(Math.max(0, (closedMs ?? now) - from));
  const since = { running: 'for', stuck: 'for', completed: 'in' }[status as 'running'] ?? 'after';
  const moment = stuck?.since === undefined ? '' : `, since ${momentText(stuck.since)}`;
  return [
    [{ text: status, colour: statusColour(status) }, { text: ` ${since} ${length}${moment}: ${progressText(view)}` }],
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
    tasks.length > 0 ? counted : isOpen(status) ? 'no task yet' : 'no tasks',
    graph.podsPaused && 'new pods are paused',
    leftMs !== undefined && `about ${lengthText(Math.max(1000, leftMs))} left`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** How it failed, and what somebody may do now. */
export function footLines({ graph, workflowId, status, failure, stuck }: RunView): Line[] {
  const call = (command: string, ...args: string[]) => plain(`  ${callText(command, workflowId, ...args)}`);
  const decide = ({ name, heldUntil = 0 }: RunNode): Line[] => [
    [],
    [{ text: `${name} waits for your decision, until ${momentText(heldUntil)}:`, colour: 'yellow' }],
    ...holdAnswers(workflowId, name).map((text) => plain(`  ${text}`)),
  ];
  const failed = tasksOf(graph).find(({ state, pods }) => state === 'failed' && pods.length > 0);
  const isOver = !isOpen(status) && status !== 'completed' && status !== 'continued-as-new';
  // No decision reaches code that fails.
  if (stuck) return [[], ...waysOut(workflowId).map(plain)];
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

const isOpen = (status: RunState): boolean => status === 'running' || status === 'stuck';

export const tasksOf = ({ nodes }: Pick<RunGraph, 'nodes'>): RunNode[] => nodes.filter(({ name }) => name !== BODY);

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > ARGS_LENGTH ? `${characters.slice(0, ARGS_LENGTH - 1).join('')}…` : text;
}

export interface Known {
  readonly run: FoundRun;
  readonly history: RunHistory;
  readonly graph: RunGraph;
  readonly earlier: readonly RunGraph[];
  /** Whether a worker would take up the run. */
  readonly polled: boolean;
  readonly stuck?: Stuck;
}

export function viewOf({ run, history, graph: known, earlier, polled, stuck }: Known, now: number): RunView {
  const { workflow, workflowId, runId, url, taskQueue } = run;
  const { closed, args, rerunOf } = history;
  const status = closed?.how ?? (stuck?.since === undefined ? 'running' : 'stuck');
  const graph = stuck && known.from === 'history' ? withExpected(known, earlier) : known;
  return {
    workflow,
    workflowId,
    runId,
    url,
    status,
    startedMs: run.startedMs,
    closedMs: closed?.at,
    args,
    rerunOf,
    graph,
    leftMs: closed ? undefined : remainingMs(graph, earlier, now),
    failure: closed?.error && failureText(closed.error, run),
    stuck,
    trouble: stuck ? stuckText(stuck) : closed || polled ? undefined : noWorkerText(taskQueue),
  };
}

/** Why nothing goes on; without a time: why nothing will. */
const stuckText = ({ since, says }: Stuck): string =>
  since === undefined
    ? `the code of its worker does not fit this run, which is stuck at its next step: ${says}`
    : `its workflow's code fails again and again: ${says}`;

/**
 * Only code that fits knows the tasks that have not come to a pod. Those that the last run had which ended well are there in their place,
 * as waiting.
 */
function withExpected(graph: RunGraph, [last]: readonly RunGraph[]): RunGraph {
  const there = new Set(graph.nodes.map(({ name }) => name));
  const missing = (last?.nodes ?? []).filter(({ name, pods }) => !there.has(name) && !pods.includes(name));
  const names = new Set(missing.map(({ name }) => name));
  const edges = last?.edges.filter(([, to]) => names.has(to)) ?? [];
  const nodes = missing.map(({ name, parent }): RunNode => {
    const of = parent === undefined ? {} : { parent };
    return { name, state: 'waiting', ...of, tries: 0, pods: [] };
  });
  return { ...graph, nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] };
}

/** A run as JSON. */
export function runDocument({ graph, startedMs, closedMs, leftMs, failure, trouble, stuck, ...rest }: RunView) {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    ...rest,
    startedAt: iso(startedMs),
    closedAt: iso(closedMs),
    ...(leftMs !== undefined && { leftMs: Math.round(leftMs) }),
    ...(failure !== undefined && { failure }),
    ...(trouble !== undefined && { trouble: oneLine(trouble) }),
    ...(stuck && { stuck: { ...stuck, since: iso(stuck.since) } }),
    ...(graph.podsPaused && { podsPaused: true }),
    tasks: tasksOf(graph).map(({ startedAt, endedAt, heldUntil, pausing, ...task }) => ({
      ...task,
      startedAt: iso(startedAt),
      endedAt: iso(endedAt),
      heldUntil: iso(heldUntil),
      ...(pausing && { pausing: { ...pausing, until: iso(pausing.until) } }),
    })),
    edges: graph.edges.map(([from, to, kind]) => ({ from, to, kind })),
    pods: graph.pods.map(({ scheduledAt, endedAt, ...pod }) => ({
      ...pod,
      scheduledAt: iso(scheduledAt),
      endedAt: iso(endedAt),
    })),
    from: graph.from,
  };
}
