import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { shortLine, rootFailure, toError } from './errors.ts';
import type { Failure, TaskNode } from './task-node.ts';

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
 * So catching is enough to go on, and nothing has to be declared; and what nobody listens to is never lost.
 */
export function unsurvived(failed: readonly TaskNode[], nodes: readonly TaskNode[]): TaskNode[] {
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
export function dagFailed(failed: readonly TaskNode[], total: number): ApplicationFailure {
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
