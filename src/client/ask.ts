/** Asks something of a run that is under way: the code of its workflow answers, so a worker has to be there. */
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { messageOf } from '../common/message-of.ts';
import { infrastructure, usage } from '../common/problem.ts';
import { callText } from './call-text.ts';
import { isMissing, type FoundRun } from './find-run.ts';
import { asProblem, isStuck, type Temporal } from './temporal.ts';
import { isPolled, noWorkerText } from './worker-check.ts';

/** After a worker was killed, Temporal waits 10 s for it before it asks another one. */
const ANSWER_LIMIT_MS = 15_000;

/** @throws Problem (2) with the reason of a refusal, (3) when nobody answers */
export async function ask<Answer, Args extends [unknown, ...unknown[]] | []>(
  temporal: Temporal,
  run: FoundRun,
  update: UpdateDefinition<Answer, Args>,
  ...args: Args
): Promise<Answer> {
  mustRun(run);
  try {
    return await temporal.connection.withDeadline(Date.now() + ANSWER_LIMIT_MS, () =>
      run.handle.executeUpdate<Answer, [unknown]>(update.name, { args: args as [unknown] }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw await noAnswer(temporal, run);
    if (isStuck(error))
      throw infrastructure(`the code of ${run.workflowId} fails, so it cannot answer; its worker's log says why`);
    if (error instanceof WorkflowUpdateFailedError) throw refused(error, run);
    // It has ended between our look at it and our word to it.
    if (isMissing(error)) throw usage(`${run.workflowId} has just ended; nothing was changed`);
    throw asProblem(error, temporal.config);
  }
}

/** @throws Problem (2) for a run that has ended, with what can be done about it */
export function mustRun({ workflowId, status }: FoundRun): void {
  if (status === 'running') return;
  throw usage(
    `${workflowId} has ended: it is ${status}. Nothing was changed\n` +
      `  a new run that keeps what is done: ${callText('rerun', workflowId)}`,
  );
}

function refused({ cause }: WorkflowUpdateFailedError, { workflow }: FoundRun) {
  const isRefusal = cause instanceof ApplicationFailure && cause.type === 'DagRefused';
  return usage(isRefusal ? cause.message : `the workflow '${workflow}' cannot do this: ${messageOf(cause)}`);
}

async function noAnswer(temporal: Temporal, { workflowId, taskQueue }: FoundRun) {
  const why = (await isPolled(temporal, taskQueue))
    ? `a worker polls task queue '${taskQueue}'; it may be busy, or the workflow's code fails: show ${workflowId}`
    : noWorkerText(taskQueue);
  return infrastructure(
    `${workflowId} has not answered within ${ANSWER_LIMIT_MS / 1000} s: ${why}\n` +
      '  what was asked may still be done when a worker takes the run; look before you ask again',
  );
}
