/** The run that a command is about, by the id that was typed. */
import type { WorkflowHandle } from '@temporalio/client';
import { runUrl } from '../../config/temporal.ts';
import { suggestion } from '../../common/did-you-mean.ts';
import { usage } from '../../common/problem.ts';
import { callText } from '../../common/program-name.ts';
import type { RunRef } from '../../contract/index.ts';
import { runsQuery, statusWord, type StatusWord } from './run-query.ts';
import { asProblem, isNotFound, type Temporal } from './connection.ts';

/** Among so many of the newest runs the one that was meant is looked for. */
const LOOKED_AT = 100;

export interface FoundRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflow: string;
  readonly taskQueue: string;
  readonly status: StatusWord;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly closedMs?: number | undefined;
  readonly url?: string | undefined;
  /** Of this very run, also when another one of the same id has begun since. */
  readonly handle: WorkflowHandle;
}

/** @param runId default: the newest run of this id. @throws Problem (2) when there is none */
export async function findRun(temporal: Temporal, workflowId: string, runId?: string): Promise<FoundRun> {
  const { client, config } = temporal;
  try {
    const found = await client.workflow.getHandle(workflowId, runId).describe();
    return {
      workflowId,
      runId: found.runId,
      workflow: found.type,
      taskQueue: found.taskQueue,
      status: statusWord(found.status.name),
      startedMs: found.startTime.getTime(),
      closedMs: found.closeTime?.getTime(),
      url: runUrl(config, workflowId, found.runId),
      handle: client.workflow.getHandle(workflowId, found.runId),
    };
  } catch (error) {
    if (isMissing(error)) throw await missing(temporal, workflowId, runId);
    throw asProblem(error, config);
  }
}

export const isMissing = (error: unknown): boolean =>
  isNotFound(error) || (error instanceof Error && error.name === 'WorkflowNotFoundError');

/** @throws Problem (2) that lists the known ones */
export function checkTask(task: string | undefined, known: readonly string[]): void {
  if (task === undefined || known.includes(task)) return;
  const names = known.length > 20 ? `${known.slice(0, 20).join(', ')}, …` : known.join(', ');
  throw usage(
    `the run has no task '${task}'${suggestion(task, known)}\n` +
      `  ${known.length === 0 ? 'no task of it has come to a pod yet' : `known are: ${names}`}`,
  );
}

/** Temporal's own limit. */
const LARGEST_PAGE = 1_000;

/** The newest runs of a query, at most so many. */
export async function newestRuns({ client }: Temporal, query: string, most: number): Promise<RunRef[]> {
  const runs: RunRef[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: Math.min(most, LARGEST_PAGE) }))
    if (runs.push({ workflowId, runId }) >= most) break;
  return runs;
}

async function missing(temporal: Temporal, workflowId: string, runId: string | undefined) {
  const { config } = temporal;
  // It is only a hint.
  const runs = await newestRuns(temporal, runsQuery({ taskQueue: config.taskQueue }), LOOKED_AT).catch(() => []);
  const known = runs.map((run) => run.workflowId);
  return usage(
    `there is no run ${runId === undefined ? '' : `${runId} of `}'${workflowId}' in namespace '${config.namespace}'` +
      `${suggestion(workflowId, known)}\n  which there are: ${callText('list')}`,
  );
}
