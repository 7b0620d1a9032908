import { CancelledFailure, isCancellation } from '@temporalio/workflow';
import { toFailure } from './errors.ts';
import { type Failures, dagFailed, unsurvived } from './failures.ts';
import type { Failure, TaskNode } from './task-node.ts';

export interface Ending {
  readonly body: TaskNode;
  readonly tasks: readonly TaskNode[];
  readonly failures: Failures;
  readonly stopper: TaskNode | undefined;
  readonly mistake: Error | undefined;
  /** From outside: the workflow was, or the scope in which `dag` was called. */
  readonly cancelled: boolean;
  /** Or by `onFailure: 'cancel'`. */
  readonly restCancelled: boolean;
}

/** Everything has settled: throws what the run failed with. Returns when it did not. */
export function throwIfFailed(ending: Ending): void {
  const { body, tasks, failures, stopper, mistake, cancelled, restCancelled } = ending;
  if (cancelled) throw new CancelledFailure('the DAG was cancelled');
  if (mistake) throw mistake;

  const thrown = body.failure?.error;
  // What the author throws in the body has been chosen: it goes out as it is, also when it wraps the failure of a task.
  const isOwn = thrown && (failures.ownerOf(thrown) ?? body) === body;
  if (isOwn && !isCancellation(thrown)) throw toFailure(thrown);

  const failed = tasks.filter(({ failure }) => failure && counts(failure, restCancelled));
  const lost = new Set(unsurvived(failed, [...tasks, body]));
  // The stopper cannot be survived: others did not run because of it.
  const guilty = failed.filter((task) => task === stopper || lost.has(task));
  if (guilty.length > 0) throw dagFailed(guilty, tasks.length);
  if (thrown) throw toFailure(thrown);
}

/** With `onFailure: 'cancel'` the cancelled ones are victims. Otherwise a task was cancelled by its own code: it failed. */
const counts = ({ state, because }: Failure, restCancelled: boolean): boolean =>
  !because && (state === 'failed' || (state === 'cancelled' && !restCancelled));
