/** How a task stands, for a terminal: as `details.ts` of the workflow says it to the Web UI. One cell wide each, in every terminal. */
import type { TaskState } from '../../contract/index.ts';
import type { Colour } from '../terminal/rows.ts';

export const STATE_ICONS: Readonly<Record<TaskState, string>> = {
  held: '‖',
  failed: '✗',
  running: '▶',
  queued: '⋯',
  upstream: '⊘',
  cancelled: '⊗',
  skipped: '↷',
  waiting: '○',
  done: '✓',
  reused: '↺',
};

/** In the order in which they interest a reader. */
export const TASK_STATES = Object.keys(STATE_ICONS) as readonly TaskState[];

export const STATE_COLOURS: Readonly<Record<TaskState, Colour>> = {
  held: 'yellow',
  failed: 'red',
  running: 'cyan',
  queued: 'cyan',
  upstream: 'red',
  cancelled: 'dim',
  skipped: 'dim',
  waiting: 'dim',
  done: 'green',
  reused: 'green',
};

export const hasEnded = (state: TaskState): boolean =>
  state !== 'waiting' && state !== 'queued' && state !== 'running' && state !== 'held';

/** It needs no attention: the code that awaits it has gone on. */
export const isGood = (state: TaskState): boolean => state === 'done' || state === 'reused' || state === 'skipped';

/** `2 done, 1 running`, in the order in which things happen. */
export function countsText(nodes: readonly { state: TaskState }[]): string {
  const counted = TASK_STATES.map((state) => ({ state, count: nodes.filter((node) => node.state === state).length }));
  return counted
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state === 'upstream' ? 'failed upstream' : state}`)
    .reverse()
    .join(', ');
}
