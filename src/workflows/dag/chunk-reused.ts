/**
 * In a rerun, a chunk of a map that had nothing to do says so: only it knows, and what comes after the map in the parent is
 * reused only if the whole map was.
 */
import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { rerunOf } from './rerun.ts';
import type { TaskNode } from './task-node.ts';
import { chunkReused } from './controls.ts';

/** Ends when the parent has it in its history, so before it hears of this run's end. A parent that does not learn of it runs more. */
export async function tellIfAllReused(body: TaskNode, tasks: readonly TaskNode[]): Promise<void> {
  const { parent, workflowId } = workflowInfo();
  if (!parent || rerunOf()?.chunk === undefined) return;
  if (!body.sawOnlyReused || !tasks.every(({ isReused }) => isReused)) return;
  const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
  await handle.signal(chunkReused, workflowId).catch(() => undefined);
}
