/** One task from the call of its function to the end that counts; in between it may be held, so its handle stays pending and no task has seen its failure yet. */
import { CancelledFailure, type CancellationScope, condition } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import { messageOf } from '../../common/message-of.ts';
import { timerSummary, type Duration } from '../../contract/index.ts';
import { runAs } from './context.ts';
import { skipped, type Failures, dagError } from './failures.ts';
import type { Gate } from './gate.ts';
import type { TaskHandle } from './handle.ts';
import type { End, Failure, TaskNode } from './task-node.ts';
import type { TaskOptions } from './types.ts';

/** What a task needs of the run it belongs to. */
export interface RunContext {
  readonly scope: CancellationScope;
  readonly gate: Gate;
  readonly failures: Failures;
  /** Called once for each task, when its end counts; `tell` settles its handle. */
  readonly settle: (node: TaskNode, end: End, tell: () => void) => void;
}

/** Calls the function of a task, and again when somebody decides so on its failure, until its end counts. */
export function runTask<R>(
  node: TaskNode,
  work: () => R | PromiseLike<R>,
  handle: TaskHandle<R>,
  { scope, gate, failures, settle }: RunContext,
): void {
  const succeed = (state: 'done' | 'skipped', value: R) => settle(node, { state }, () => handle.settle({ value }));
  const fail = (failure: Failure) => settle(node, failure, () => handle.settle({ error: failure.error }));
  const failWith = (thrown: unknown) => fail(failures.endOf(node, thrown));

  const call = () => {
    node.calls = 0;
    void runAs(node, () => node.run(work, scope)).then(
      (value) => succeed('done', value),
      (thrown: unknown) => {
        const failure = failures.endOf(node, thrown);
        if (isToBeHeld(failure)) hold(failure);
        else fail(failure);
      },
    );
  };

  /** A failure of its own, while there is still something to decide. */
  const isToBeHeld = ({ state, because }: Failure) =>
    node.holdMs > 0 && !because && !gate.isShut && !node.isCancelled && (state === 'failed' || state === 'cancelled');

  const hold = (failure: Failure) => {
    const carryOut = (decision: Decision) => {
      if (decision.next === 'retry') call();
      else if (decision.next === 'fail') fail(failure);
      else if ('value' in decision) succeed('skipped', decision.value as R);
      else failWith(skipped(node.name));
    };
    void node
      .run(() => held(node, failure), scope)
      .then(carryOut, () => failWith(new CancelledFailure(`'${node.name}' was cancelled while it was held`)));
  };

  call();
}

export type Decision =
  | { readonly next: 'retry' }
  /** `value` is absent when there is none: `undefined` may be one. */
  | { readonly next: 'skip'; readonly value?: unknown }
  | { readonly next: 'fail' };

export interface Held {
  readonly failure: Failure;
  /** Milliseconds since 1970. */
  until: number;
  /** The first one counts. */
  decide(decision: Decision): void;
}

/** Waits for the decision, or fails the task when its time is over. @throws CancelledFailure */
export async function held(node: TaskNode, failure: Failure): Promise<Decision> {
  let made: Decision | undefined;
  const decide = (decision: Decision) => {
    made = decision;
    // At once: an update that comes in the same activation finds it decided.
    node.held = undefined;
  };
  const hold = { failure, until: Date.now() + node.holdMs, decide };
  node.held = hold;
  try {
    let { until } = hold;
    const isOver = () => made !== undefined || hold.until !== until;
    // The timer's word counts, not the clock's: servers' clocks differ.
    while (await condition(isOver, until - Date.now(), { summary: timerSummary({ kind: 'held', task: node.name }) })) {
      if (made) break;
      until = hold.until;
    }
    const decision = made ?? { next: 'fail' };
    // One of several pods failed: another one of the same number and work must not run beside those that are left, or are to come.
    if (decision.next === 'retry') await condition(() => node.openCalls === 0);
    return decision;
  } finally {
    node.held = undefined;
  }
}

/** In milliseconds; 0 when it is not to be held. */
export function holdLength(dag: TaskOptions['hold'], task: TaskOptions = {}): number {
  const { hold = task.mayFail ? false : dag } = task;
  return hold === undefined || hold === false ? 0 : lengthOf(hold);
}

function lengthOf(hold: Duration): number {
  try {
    return milliseconds(hold);
  } catch (error) {
    throw dagError('DagMisuse', `hold: ${messageOf(error)}`);
  }
}
