/** A run whose workflow task fails again and again: it looks as if it waited, and nothing goes on. */
import type { WorkflowHandle } from '@temporalio/client';
import { mapAtOnce } from '../../common/at-once.ts';
import type { RunRef } from '../../contract/index.ts';
import { callText } from '../../common/program-name.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readHistory } from './read-history.ts';
import type { Stuck } from './run-history.ts';

/** One question to Temporal. Its history says whether it failed or its worker died. No answer counts as no. */
export const isTriedAgain = (handle: Pick<WorkflowHandle, 'describe'>): Promise<boolean> =>
  handle.describe().then(
    ({ raw }) => (raw.pendingWorkflowTask?.attempt ?? 0) > 1,
    () => false,
  );

/** @throws Problem */
export async function stuckOf(temporal: Temporal, { workflowId, runId }: RunRef): Promise<Stuck | undefined> {
  if (!(await isTriedAgain(temporal.client.workflow.getHandle(workflowId, runId)))) return undefined;
  return (await readHistory(temporal, { workflowId, runId })).stuck;
}

/** So many questions at once. */
const AT_ONCE = 20;

/** Of these runs those that are stuck, by runId. @throws Problem */
export async function stuckAmong(temporal: Temporal, runs: readonly RunRef[]): Promise<Map<string, Stuck>> {
  const found = await mapAtOnce(AT_ONCE, runs, (run) => stuckOf(temporal, run));
  return new Map(runs.flatMap(({ runId }, at) => (found[at] ? [[runId, found[at]] as const] : [])));
}

/** What can be done. */
export const waysOut = (workflowId: string): string[] => [
  'nothing goes on until the code of its worker fits; the ways out:',
  '  the old code back, or mended: when a worker has it, the run goes on by itself',
  "  patched('…') around the change: runs under way go on without it, new ones with it",
  '  else a new run that keeps what is done:',
  `    temporal workflow terminate --workflow-id ${workflowId}`,
  `    ${callText('rerun', workflowId)}`,
  `  whether code fits, before a worker has it: ${callText('replay', '--open')}; more: docs/changing.md`,
];
