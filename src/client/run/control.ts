/** What is asked of a run that is under way. */
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowFailedError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { messageOf } from '../../common/message-of.ts';
import { infrastructure, usage } from '../../common/problem.ts';
import { callText } from '../../common/program-name.ts';
import { cancelTask, graphQuery } from '../../workflows/dag/controls.ts';
import { endDebug } from '../../workflows/keep-for-debug.ts';
import { asProblem, isStuck, type Temporal } from '../temporal/connection.ts';
import { checkTask, findRun, type FoundRun, isMissing } from '../temporal/find-run.ts';
import { isPolled, noWorkerText } from '../temporal/workers.ts';
import { stuckOf, waysOut } from '../history/stuck.ts';
import { createOutput } from '../terminal/output.ts';
import { nameText, printData } from '../terminal/stdout.ts';

/** After a worker was killed, Temporal waits 10 s for it before it asks another one. */
const ANSWER_LIMIT_MS = 15_000;

/** The code of its workflow answers, so a worker has to be there. @throws Problem (2) with the reason of a refusal, (3) without an answer */
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
      throw infrastructure(
        `the code of ${run.workflowId} fails, so it cannot answer: ${callText('show', run.workflowId)}`,
      );
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

const ASK_LIMIT_MS = 10_000;

/** `cancel`: of a whole run Temporal is asked, of one task its DAG. What to say, or the exit code. */
export async function cancel(
  temporal: Temporal,
  run: FoundRun,
  task: string | undefined,
  wait: boolean,
): Promise<string | number> {
  if (task !== undefined) {
    await ask(temporal, run, cancelTask, task);
    return `'${task}' is asked to stop; it may yet end by itself before it hears of it`;
  }
  mustRun(run);
  const { workflowId, runId, handle } = run;
  try {
    await temporal.connection.withDeadline(Date.now() + ASK_LIMIT_MS, () => handle.cancel());
  } catch (error) {
    if (isMissing(error)) throw usage(`${workflowId} has just ended; nothing was cancelled`);
    throw asProblem(error, temporal.config);
  }
  const asked = `${workflowId} is asked to stop`;
  const stuck = await stuckOf(temporal, run);
  if (stuck) {
    createOutput('text').say(
      [`${asked}, but nothing can come of it: it is stuck: ${stuck.says}`, ...waysOut(workflowId)].join('\n'),
    );
    return 1;
  }
  if (!wait) return asked;
  createOutput('text').say(`${asked}; waiting until its pods are gone, or left as their spec says`);
  await handle.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
  const { status } = await findRun(temporal, workflowId, runId);
  const id = nameText(workflowId);
  printData(status === 'cancelled' ? `cancelled: ${id}` : `${id} has ended otherwise: it is ${status}`);
  return status === 'cancelled' ? 0 : 1;
}

const QUERY_LIMIT_MS = 15_000;

/** `end-debug <id> [task]`: the signal that ends `keepForDebug`. A signal has no answer, so what makes no sense is refused here. */
export async function endDebugOf({ connection }: Temporal, run: FoundRun, task?: string): Promise<string> {
  mustRun(run);
  // Without a DAG, or without a worker, there is no list of tasks; the signal waits for its worker.
  const graph = await connection
    .withDeadline(Date.now() + QUERY_LIMIT_MS, () => run.handle.query(graphQuery))
    .catch(() => undefined);
  if (graph && task !== undefined)
    checkTask(
      task,
      graph.nodes.slice(1).map(({ name }) => name),
    );
  await run.handle.signal(endDebug, ...(task === undefined ? [] : ([task] as const)));
  return task === undefined
    ? 'every task goes on whose failed pod is kept for debugging'
    : `'${task}' goes on, if its failed pod is kept for debugging`;
}
