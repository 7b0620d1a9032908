import { inWorkflowContext } from '@temporalio/workflow';
import type { Graph } from '../../contract/index.ts';
import { DagRun } from './dag-run.ts';
import { dagError } from './errors.ts';
import type { DagOptions, Task } from './types.ts';

/** The SDK loads workflow code anew for each workflow, so this belongs to one run. */
let current: DagRun | undefined;

/** Of this workflow's DAG, if it has one. */
export const currentGraph = (): Graph | undefined => current?.graph();

/**
 * Runs a graph of tasks that is written as plain code: a task is a promise, an `await` is an edge.
 *
 * A failure that was caught is survived, by whoever caught it. Every other one fails the run, but only when everything has
 * settled, so no pod outlives the workflow that asked for it, and independent tasks go on (see `onFailure`).
 */
export async function dag<T>(body: (task: Task) => T | PromiseLike<T>, options: DagOptions = {}): Promise<T> {
  if (!inWorkflowContext()) throw new Error('dag() runs in a workflow only');
  if (current) throw dagError('DagOnlyOnce', 'a workflow holds one dag(): run another one as a child workflow');
  const { maxParallel = 100 } = options;
  if (!Number.isInteger(maxParallel) || maxParallel < 1) {
    throw dagError('DagMisuse', `maxParallel is ${maxParallel}: it takes a whole number from 1`);
  }
  current = new DagRun({ ...options, maxParallel });
  return current.run(body);
}
