/** A task that failed waits for somebody's decision: its handle stays pending, so nobody has seen the failure yet. */
import { condition } from '@temporalio/workflow';
import { milliseconds } from '../../common/duration.ts';
import { messageOf } from '../../common/message-of.ts';
import { timerSummary, type Duration } from '../../contract/index.ts';
import { dagError } from './errors.ts';
import type { Failure, TaskNode } from './task-node.ts';
import type { TaskOptions } from './types.ts';

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
