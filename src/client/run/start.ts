/** Starts a workflow, and says where to look at it. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { usage } from '../../common/problem.ts';
import { runUrl, type TemporalConfig } from '../../config/temporal.ts';
import { SCHEDULED_START } from '../../contract/index.ts';
import { asProblem, type Temporal } from '../temporal/connection.ts';

/** How long a start may wait for its answer. */
const START_LIMIT_MS = 10_000;
/** A worker that replays a long history needs more than the usual 10 seconds. */
export const WORKFLOW_TASK_TIMEOUT = '60s';
/** Characters, of up to 4 bytes each: Temporal takes 400 bytes. */
const SUMMARY_LENGTH = 80;

export interface StartRequest {
  readonly workflow: string;
  readonly args: readonly unknown[];
  readonly workflowId: string;
  /** What `scheduledTime()` is in the run; without it, its start. */
  readonly scheduledFor?: Date | undefined;
  readonly memo?: Readonly<Record<string, unknown>>;
  /** Markdown. Default: the workflow and its arguments. */
  readonly summary?: string;
}

export interface Run {
  readonly workflowId: string;
  readonly runId: string;
  /** Its page in the Web UI, when there is one. */
  readonly url?: string | undefined;
  readonly handle: WorkflowHandle;
}

/** @throws Problem */
export async function startWorkflow(temporal: Temporal, request: StartRequest): Promise<Run> {
  const { workflow, args, workflowId, scheduledFor, memo, summary = summaryOf(workflow, args) } = request;
  const { client, connection, config } = temporal;
  try {
    const handle = await connection.withDeadline(Date.now() + START_LIMIT_MS, () =>
      client.workflow.start(workflow, {
        workflowId,
        args: [...args],
        taskQueue: config.taskQueue,
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        staticSummary: summary,
        ...(scheduledFor && { typedSearchAttributes: [{ key: SCHEDULED_START, value: scheduledFor }] }),
        ...(memo && { memo }),
      }),
    );
    const runId = handle.firstExecutionRunId;
    return { workflowId, runId, url: runUrl(config, workflowId, runId), handle };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw await alreadyRuns(temporal, workflowId);
    throw asProblem(error, config);
  }
}

/** `<workflow>-<8 hex>`: no two runs meet by accident. */
export const newWorkflowId = (workflow: string): string => `${workflow}-${randomBytes(4).toString('hex')}`;

/** How to look at a run, with whatever there is. */
export const lookAt = (config: TemporalConfig, { workflowId, url }: Pick<Run, 'workflowId' | 'url'>): string =>
  url ??
  `temporal workflow describe --address ${config.connection.address} --namespace ${config.namespace} --workflow-id ${workflowId}`;

/** The line that the Web UI shows of the run: Markdown, so the arguments are code. */
export const summaryOf = (workflow: string, args: readonly unknown[]): string =>
  args.length === 0 ? workflow : `${workflow} ${code(args.map((arg) => JSON.stringify(arg)).join(' '))}`;

export const rerunSummary = (workflow: string, earlierId: string): string => `${workflow}, rerun of ${code(earlierId)}`;

function code(text: string): string {
  const plain = text.replaceAll('`', "'");
  const shown = [...plain].slice(0, SUMMARY_LENGTH).join('');
  return `\`${shown}${shown.length < plain.length ? '…' : ''}\``;
}

async function alreadyRuns({ client, config }: Temporal, workflowId: string) {
  const url = await client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      ({ runId }) => runUrl(config, workflowId, runId),
      () => undefined,
    );
  return usage(
    `a workflow with the id '${workflowId}' is running already; nothing was started\n` +
      `  look at it: ${lookAt(config, { workflowId, url })}\n` +
      '  give another --id, or none, to start one more',
  );
}
