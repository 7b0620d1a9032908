/** What fails in a DAG: the types of its failures, whose a failure is, whether it was survived, and what the run fails with. */
import {
  ApplicationFailure,
  isCancellation,
  ActivityFailure,
  ChildWorkflowFailure,
  ContinueAsNew,
  TemporalFailure,
  CancelledFailure,
} from '@temporalio/workflow';
import type { Failure, TaskNode } from './task-node.ts';
import { firstLine } from '../../common/shortened.ts';

/** The `type` of the failures that `dag` makes. They are part of the interface: clients and tests tell them apart by it. */
export type DagErrorType =
  /** Tasks failed, and that was not survived; `details` hold one entry per task. */
  | 'DagFailed'
  /** A task awaits itself, directly or over others. */
  | 'DagCycle'
  /** Two tasks have one name. */
  | 'DagDuplicate'
  /** A name that cannot be part of an activityId. */
  | 'DagName'
  | 'DagTooLarge'
  /** Items of a `task.map` have no result; `details[0]` is an `ItemsFailed`. */
  | 'DagItemsFailed'
  /** A handle was used as a value, or an option makes no sense. */
  | 'DagMisuse'
  /** The pod was not started, because another task had failed and `onFailure` is `stop`. */
  | 'DagNotStarted'
  /** Somebody skipped the task, without giving a value for it. */
  | 'DagSkipped'
  /** What was asked of a running DAG makes no sense now; the message says why. */
  | 'DagRefused'
  /** A second `dag` in a workflow, or a task for a DAG that has ended. */
  | 'DagOnlyOnce';

export const dagError = (type: DagErrorType, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

export const notStarted = (task: string, why: string): ApplicationFailure =>
  dagError('DagNotStarted', `'${task}' was not started: ${why}`);

export const skipped = (task: string): ApplicationFailure => dagError('DagSkipped', `'${task}' was skipped`);

/** Anything can be thrown; only an object can be remembered as the failure of a task. */
const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : ApplicationFailure.nonRetryable(String(thrown), 'Error');

/**
 * A plain Error that leaves a workflow fails the workflow *task*, which Temporal then tries for ever. In a DAG every pod has
 * settled by then, so it fails the run, as an error in a task does.
 */
function toFailure(error: Error): Error {
  if (error instanceof TemporalFailure || error instanceof ContinueAsNew) return error;
  return ApplicationFailure.create({ message: error.message, type: error.name, nonRetryable: true, cause: error });
}

/** The failure that says something: Temporal wraps what an activity or a child threw into "Activity task failed". */
export function rootFailure(error: unknown): { type: string; message: string } {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause) {
    const { type, message } = rootFailure(error.cause);
    // A cancellation has no words of its own.
    return { type, message: message || error.message };
  }
  if (!(error instanceof Error)) return { type: 'Error', message: String(error) };
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  return { type: type ?? error.name, message: error.message };
}

export const shortLine = (text: string): string => firstLine(text).slice(0, 200);

/** Remembers whose failure an error is, so that a task which only passes it on is not blamed. */
export class Failures {
  readonly #owners = new WeakMap<Error, TaskNode>();

  /** The end of a task (or of the body) that threw. */
  endOf(node: TaskNode, thrown: unknown): Failure {
    const error = toError(thrown);
    const because = this.#behind(error);
    if (because) {
      const state = because.end?.state;
      return { state: state === 'skipped' || state === 'cancelled' ? state : 'upstream', error, because };
    }
    this.#owners.set(error, node);
    if (isCancellation(error)) return { state: 'cancelled', error };
    const type = error instanceof ApplicationFailure ? error.type : undefined;
    return { state: type === 'DagNotStarted' || type === 'DagSkipped' ? 'skipped' : 'failed', error };
  }

  /** Whose failure this very error is; of `Promise.any`, the first one's. */
  ownerOf(error: unknown): TaskNode | undefined {
    if (!(error instanceof Error)) return undefined;
    const own = this.#owners.get(error);
    if (own || !(error instanceof AggregateError)) return own;
    return error.errors.map((inner) => this.ownerOf(inner)).find((owner) => owner !== undefined);
  }

  /** The same, also when the error was wrapped and thrown again. */
  #behind(error: Error): TaskNode | undefined {
    let at: unknown = error;
    for (let depth = 0; at instanceof Error && depth < 20; depth++, at = at.cause) {
      const owner = this.ownerOf(at);
      if (owner) return owner;
    }
    return undefined;
  }
}

/**
 * A failure is survived when some task or the body heard of it, and all who did went on, or failed and were survived in turn.
 * So catching is enough to go on, and nothing has to be declared; and what no task listens to is never lost.
 */
function unsurvived(failed: readonly TaskNode[], nodes: readonly TaskNode[]): TaskNode[] {
  const hearers = new Map<TaskNode, TaskNode[]>();
  for (const node of nodes) {
    for (const source of node.heard) {
      const heardBy = hearers.get(source);
      if (heardBy) heardBy.push(node);
      else hearers.set(source, [node]);
    }
  }
  const known = new Map<TaskNode, boolean>();
  const survived = (node: TaskNode): boolean => {
    const before = known.get(node);
    if (before !== undefined) return before;
    known.set(node, false);
    const heardBy = hearers.get(node) ?? [];
    const result = heardBy.length > 0 && heardBy.every((by) => by.isFine || survived(by));
    known.set(node, result);
    return result;
  };
  return failed.filter((node) => !survived(node));
}

/** What the run fails with: all of them by name, the first as the cause. */
function dagFailed(failed: readonly TaskNode[], total: number): ApplicationFailure {
  const errors = failed.map((node) => node.failure?.error);
  const reports = failed.map((node, at) => ({ task: node.name, ...rootFailure(errors[at]) }));
  const names = reports.slice(0, 20).map((report) => report.task);
  if (reports.length > names.length) names.push('…');
  const lines = reports.slice(0, 20).map((report) => `${report.task}: ${shortLine(report.message)}`);
  return ApplicationFailure.create({
    type: 'DagFailed',
    nonRetryable: true,
    message: [`${failed.length} of ${total} tasks failed: ${names.join(', ')}`, ...lines].join('\n'),
    details: reports.slice(0, 50).map((report) => ({ ...report, message: report.message.slice(0, 1000) })),
    ...(errors[0] && { cause: errors[0] }),
  });
}

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

/** One item, or, when it is the chunk that failed, all items from `item` to `last`. */
export interface FailedItem {
  readonly item: number;
  readonly last?: number;
  readonly type: string;
  /** At most 1,000 characters. */
  readonly message: string;
  /** Of the child workflow it was in. */
  readonly workflowId?: string;
}

/** `details[0]` of a failure of the type `DagItemsFailed`. */
export interface ItemsFailed {
  readonly failed: number;
  readonly of: number;
  /** The first 50. */
  readonly items: readonly FailedItem[];
}

const MAX_ITEMS = 50;
const MAX_LINES = 20;
const ITEMS_FAILED: DagErrorType = 'DagItemsFailed';

export function failedItem(item: number, error: unknown, more: Pick<FailedItem, 'last' | 'workflowId'> = {}) {
  const { type, message } = rootFailure(error);
  return { item, ...more, type, message: message.slice(0, 1000) };
}

export function itemsFailed(name: string, failures: ItemsFailed, cause: unknown): ApplicationFailure {
  const { failed, of, items } = failures;
  const shown = items.slice(0, MAX_LINES);
  const covered = shown.reduce((sum, { item, last = item }) => sum + last - item + 1, 0);
  const nameOf = ({ item, last }: FailedItem) => `${name}-${item}${last === undefined ? '' : ` to ${name}-${last}`}`;
  const names = [...shown.map(nameOf), ...(failed > covered ? ['…'] : [])];
  const lines = shown.map((one) => `${nameOf(one)}: ${shortLine(one.message)}`);
  return ApplicationFailure.create({
    type: ITEMS_FAILED,
    nonRetryable: true,
    message: [`${failed} of ${of} items failed: ${names.join(', ')}`, ...lines].join('\n'),
    details: [{ failed, of, items: items.slice(0, MAX_ITEMS) }],
    ...(cause instanceof Error && { cause }),
  });
}

/** What the failure of a chunk tells, when it was one that `mapChunk` made. */
export function whichFailed(error: unknown): ItemsFailed | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof ApplicationFailure && at.type === ITEMS_FAILED) return at.details?.[0] as ItemsFailed;
  return undefined;
}
