import { dagError } from './errors.ts';
import { UNNAMED } from '../../contract/index.ts';

const PATTERN = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/**
 * A task's name goes into activityIds (`<task>-<n>`), pod names and label values, so it is what Kubernetes takes as the value
 * of a label. Two tasks never share an activityId: behind its last dash stands the number, before it the name.
 */
export function checkTaskName(name: string): void {
  if (name === UNNAMED)
    throw dagError('DagName', `'${UNNAMED}' is what pods outside of tasks are called: choose another name`);
  if (PATTERN.test(name)) return;
  const rule = '1 to 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends';
  throw dagError('DagName', `${JSON.stringify(name)} cannot be the name of a task: ${rule}`);
}

/** A longer history takes longer to replay than Temporal gives a workflow task. */
export const MAX_TASKS = 2000;

export function checkNewTask(name: string, tasks: ReadonlyMap<string, unknown>): void {
  checkTaskName(name);
  if (tasks.has(name)) throw dagError('DagDuplicate', `two tasks are called '${name}'`);
  if (tasks.size < MAX_TASKS) return;
  const instead = 'task.map runs chunks of items as child workflows';
  throw dagError('DagTooLarge', `a DAG has at most ${MAX_TASKS} tasks: ${instead}`);
}
