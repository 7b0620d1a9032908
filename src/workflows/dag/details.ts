/** The table that the stock Web UI shows of a run: "Current Details", in Markdown. */
import { CancellationScope, condition, setCurrentDetails } from '@temporalio/workflow';
import type { TaskState } from '../../contract/index.ts';
import { shortLine, rootFailure } from './failures.ts';
import type { Gate } from './gate.ts';
import { sourcesOf } from './graph.ts';
import type { TaskNode } from './task-node.ts';

const MAX_ROWS = 100;
const MAX_SOURCES = 8;

/** In the order in which they interest a reader: when there is no room for all, the last ones are left out. */
const ICONS: Record<TaskState, string> = {
  held: '⏸️',
  failed: '❌',
  running: '▶️',
  queued: '🚦',
  upstream: '⛔',
  cancelled: '🚫',
  skipped: '⏭️',
  waiting: '⏳',
  done: '✅',
  reused: '♻️',
};
const STATES = Object.keys(ICONS) as TaskState[];

/**
 * Keeps the details up to date until `stop` is called. The SDK looks at conditions once more after everything else that an
 * activation does; nothing else runs so late, and rendering on every change would cost hundreds of tables per activation.
 */
export function showDetails(tasks: () => readonly TaskNode[], gate: Gate): { stop(): void } {
  let stopped = false;
  const show = () => setCurrentDetails(detailsOf(tasks(), gate.isPaused));
  const done = () => {
    if (!stopped) show();
    return stopped;
  };
  void CancellationScope.nonCancellable(() => condition(done));
  return {
    stop() {
      stopped = true;
      show();
    },
  };
}

export function detailsOf(tasks: readonly TaskNode[], podsPaused = false): string {
  const byState = new Map<TaskState, TaskNode[]>(STATES.map((state) => [state, []]));
  for (const task of tasks) byState.get(task.state)!.push(task);
  const shown = tasks.length > MAX_ROWS ? [...byState.values()].flat().slice(0, MAX_ROWS) : tasks;
  const hidden = tasks.length - shown.length;
  return [
    `${counts(byState)} of ${tasks.length}${podsPaused ? '; new pods are paused until resumePods' : ''}`,
    '',
    '| | task | waits for | tries | time | note |',
    '|---|---|---|---|---|---|',
    ...shown.map(row),
    ...(hidden > 0 ? ['', `… and ${hidden} more`] : []),
  ].join('\n');
}

function counts(byState: ReadonlyMap<TaskState, readonly TaskNode[]>): string {
  const present = [...byState]
    .filter(([, tasks]) => tasks.length > 0)
    .map(([state, tasks]) => `${tasks.length} ${state}`);
  return present.reverse().join(', ') || 'nothing yet';
}

function row(task: TaskNode): string {
  const tries = task.pods.length || '';
  return `| ${ICONS[task.state]} | ${task.name} | ${waitsFor(task)} | ${tries} | ${time(task)} | ${noteOn(task)} |`;
}

function noteOn(task: TaskNode): string {
  const { failure, held, change, note, state, mapping } = task;
  // The failure is that of another, and stands in its own row.
  if (state === 'upstream') return `not run, since ${failedBefore(task)} failed`;
  const known = failure ?? held?.failure;
  const words = plain(known ? shortLine(rootFailure(known.error).message) : (note ?? mappedOf(mapping) ?? state));
  const until = held && `held until ${new Date(held.until).toISOString().slice(0, 16)}Z: `;
  const changed = change && ` (changed: ${plain(Object.keys(change).join(', '))})`;
  return `${until ?? ''}${words}${changed ?? ''}`;
}

/** Those that it waited for and that did not come to a result; by their own failure, or as it did itself. */
function failedBefore(task: TaskNode): string {
  const names = sourcesOf(task).filter(({ state }) => state === 'failed' || state === 'upstream');
  return names.map(({ name }) => name).join(', ') || 'what it waited for';
}

function mappedOf(mapping: TaskNode['mapping']): string | undefined {
  const mapped = mapping?.progress;
  return mapped && `${mapped.done} of ${mapped.items} items done, ${mapped.failed} failed, ${mapped.running} running`;
}

function waitsFor(task: TaskNode): string {
  const sources = sourcesOf(task);
  const names = sources.slice(0, MAX_SOURCES).map((source) => source.name);
  const more = sources.length - names.length;
  return names.join(', ') + (more > 0 ? ` +${more}` : '');
}

/** How long it took, or since when it runs: the table is only drawn again when something happens. */
function time({ startedAt, endedAt }: TaskNode): string {
  if (startedAt === undefined) return '';
  if (endedAt === undefined) return `since ${new Date(startedAt).toISOString().slice(11, 19)}`;
  return `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
}

/** Foreign text as one cell: no line break, no markup. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\|`*_<>[\]]/g, '\\$&');
