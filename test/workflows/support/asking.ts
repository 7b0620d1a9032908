/** What tests ask of a running DAG, and of one that has ended. */
import assert from 'node:assert/strict';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Graph } from '../../../src/contract/index.ts';
import { graphQuery } from '../../../src/workflows/dag/index.ts';

export type Run = Pick<WorkflowHandle, 'query' | 'executeUpdate' | 'result' | 'cancel' | 'fetchHistory'>;

/** `name:state` of every task. */
export async function statesOf(run: Run): Promise<string> {
  const { nodes } = await run.query(graphQuery);
  return nodes
    .slice(1)
    .map(({ name, state }) => `${name}:${state}`)
    .join(' ');
}

/** Waits until the tasks are in these states, for at most 30 s. */
export async function reaches(run: Run, states: string): Promise<void> {
  let seen = '';
  for (let end = Date.now() + 30_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    // The first query after a worker was killed goes to the dead one, and fails.
    seen = await statesOf(run).catch(String);
    if (seen === states) return;
  }
  assert.equal(seen, states);
}

export async function nodeOf(run: Run, name: string): Promise<Graph['nodes'][number]> {
  const node = (await run.query(graphQuery)).nodes.find((one) => one.name === name);
  assert.ok(node, `no task ${name}`);
  return node;
}

/** The message of the refusal. */
export async function refusalOf(update: Promise<unknown>): Promise<string> {
  const error: unknown = await update.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkflowUpdateFailedError, `it was not refused: ${String(error)}`);
  assert.ok(error.cause instanceof ApplicationFailure && error.cause.type === 'DagRefused', String(error.cause));
  return error.cause.message;
}

export async function failureOf(run: Run): Promise<Error> {
  const error: unknown = await run.result().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof WorkflowFailedError && error.cause, 'the run did not fail');
  return error.cause;
}

/** The names of the tasks that the run failed with. */
export async function blamed(run: Run): Promise<string> {
  const failure = await failureOf(run);
  assert.ok(failure instanceof ApplicationFailure && failure.type === 'DagFailed', String(failure));
  return (failure.details as { task: string }[]).map(({ task }) => task).join(' ');
}

/** From the history, in the order in which they were scheduled. */
export async function activityIds(run: Run): Promise<string[]> {
  const { events } = await run.fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityId ?? []);
}

export async function tableOf(run: Run): Promise<string> {
  return (await run.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
}
