/** Of a task that is held: what answers, and since when it is. Pure. */
import { callText } from '../../common/program-name.ts';
import type { RunGraph } from '../history/run-graph.ts';

/** A held task is answered by these; until it is, `extend` gives it more time. */
export const holdAnswers = (workflowId: string, task: string): string[] => [
  ...['retry', 'skip', 'fail'].map((command) => callText(command, workflowId, task)),
  callText('extend', workflowId, task, '--by', '2h'),
];

/** Milliseconds since 1970: when the last of these pods had ended. */
export function lastEnd({ pods }: Pick<RunGraph, 'pods'>, ids: readonly string[]): number | undefined {
  const ends = pods.flatMap(({ activityId, endedAt }) => (ids.includes(activityId) && endedAt ? [endedAt] : []));
  return ends.length > 0 ? Math.max(...ends) : undefined;
}
