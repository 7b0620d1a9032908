import { CancelledFailure, type CancellationScope } from '@temporalio/workflow';
import { runAs } from './context.ts';
import { skipped } from './errors.ts';
import type { Failures } from './failures.ts';
import type { Gate } from './gate.ts';
import type { TaskHandle } from './handle.ts';
import { held, type Decision } from './hold.ts';
import type { End, Failure, TaskNode } from './task-node.ts';

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
