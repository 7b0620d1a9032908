/** What of a run waits for a person, since when, until when, and the calls that answer. Pure. */
import { callText } from '../../common/program-name.ts';
import type { RunGraph } from '../history/run-graph.ts';
import { nameText } from '../terminal/stdout.ts';
import { momentText } from '../terminal/time-text.ts';
import { holdAnswers, lastEnd } from './hold-answers.ts';
import { tasksOf } from './view.ts';

export interface Waiting {
  readonly workflowId: string;
  readonly runId: string;
  readonly waits: 'task held' | 'new pods paused';
  readonly task?: string;
  /** In ISO 8601, as far as the history tells it. */
  readonly since?: string;
  /** When it goes on by itself: a held task fails then. */
  readonly until?: string;
  readonly answers: readonly string[];
}

export function waitingOf(run: { workflowId: string; runId: string }, graph: RunGraph): Waiting[] {
  const { workflowId, runId } = run;
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const held = tasksOf(graph).filter(({ state }) => state === 'held');
  return [
    ...held.map(({ name, heldUntil, pods }): Waiting => {
      const [since, until] = [iso(lastEnd(graph, pods)), iso(heldUntil)];
      return {
        workflowId,
        runId,
        waits: 'task held',
        task: name,
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        answers: holdAnswers(workflowId, name),
      };
    }),
    ...(graph.podsPaused
      ? [{ workflowId, runId, waits: 'new pods paused' as const, answers: [callText('resume', workflowId)] }]
      : []),
  ];
}

/** As blocks: a call that is to be copied stands on a line of its own, however narrow the terminal is. */
export function waitingText(all: readonly Waiting[]): string {
  return all.map(blockOf).join('\n\n');
}

function blockOf({ workflowId, waits, task, since, until, answers }: Waiting): string {
  const what = task === undefined ? waits : `task ${nameText(task)} is held`;
  const moment = (word: string, at: string | undefined) =>
    at === undefined ? [] : [`  ${word} ${momentText(Date.parse(at))}`];
  return [
    `${nameText(workflowId)}: ${what}`,
    ...moment('since', since),
    ...moment('until', until),
    ...answers.map((call) => `  ${nameText(call)}`),
  ].join('\n');
}
