/** The table that the stock Web UI shows of a run: "Current Details", in Markdown. */
import { CancellationScope, condition, setCurrentDetails } from '@temporalio/workflow';
import type { TaskState } from './graph.ts';
import { edgesTo, graphNode } from './graph-of.ts';
import type { TaskNode } from './task-node.ts';

const MAX_ROWS = 100;
const MAX_SOURCES = 8;

/** In the order in which they interest a reader: when there is no room for all, the last ones are left out. */
const ICONS: Record<TaskState, string> = {
  failed: '❌',
  running: '▶️',
  queued: '🚦',
  upstream: '⛔',
  cancelled: '🚫',
  skipped: '⏭️',
  waiting: '⏳',
  done: '✅',
};
const STATES = Object.keys(ICONS) as TaskState[];

/**
 * Keeps the details up to date until `stop` is called. The SDK looks at conditions once more after everything else that an
 * activation does; nothing else runs so late, and rendering on every change would cost hundreds of tables per activation.
 */
export function showDetails(tasks: () => readonly TaskNode[]): { stop(): void } {
  let stopped = false;
  const show = () => setCurrentDetails(detailsOf(tasks()));
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

export function detailsOf(tasks: readonly TaskNode[]): string {
  const counts = STATES.map((state) => ({ state, count: tasks.filter((task) => task.state === state).length }));
  const present = counts.filter(({ count }) => count > 0).reverse();
  const head = `${present.map(({ state, count }) => `${count} ${state}`).join(', ') || 'nothing yet'} of ${tasks.length}`;
  const shown = mostInteresting(tasks);
  const hidden = tasks.length - shown.length;
  return [
    head,
    '',
    '| | task | waits for | tries | time | |',
    '|---|---|---|---|---|---|',
    ...shown.map(row),
    ...(hidden > 0 ? ['', `… and ${hidden} more`] : []),
  ].join('\n');
}

function mostInteresting(tasks: readonly TaskNode[]): readonly TaskNode[] {
  if (tasks.length <= MAX_ROWS) return tasks;
  return STATES.flatMap((state) => tasks.filter((task) => task.state === state)).slice(0, MAX_ROWS);
}

function row(task: TaskNode): string {
  const { name, state, tries, error } = graphNode(task);
  const cells = [ICONS[state], name, waitsFor(task), tries || '', time(task), error ? plain(error) : state];
  return `| ${cells.join(' | ')} |`;
}

function waitsFor(task: TaskNode): string {
  const names = edgesTo(task).map(([from]) => from);
  const more = names.length - MAX_SOURCES;
  return names.slice(0, MAX_SOURCES).join(', ') + (more > 0 ? ` +${more}` : '');
}

/** How long it took, or since when it runs: the table is only drawn again when something happens. */
function time({ startedAt, endedAt }: TaskNode): string {
  if (startedAt === undefined) return '';
  if (endedAt === undefined) return `since ${new Date(startedAt).toISOString().slice(11, 19)}`;
  return `${((endedAt - startedAt) / 1000).toFixed(1)} s`;
}

/** Foreign text as one cell: no line break, no markup. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\|`*_<>[\]]/g, '\\$&');
