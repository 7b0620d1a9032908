/** `cancel`: of a whole run Temporal is asked, of one task its DAG. */
import { WorkflowFailedError } from '@temporalio/client';
import { usage } from '../common/problem.ts';
import { cancelTask } from '../workflows/dag/controls.ts';
import { ask, mustRun } from './ask.ts';
import { findRun, isMissing, type FoundRun } from './find-run.ts';
import { createOutput } from './output.ts';
import { printData } from './stdout.ts';
import { asProblem, type Temporal } from './temporal.ts';

const ASK_LIMIT_MS = 10_000;

/** What to say, or the exit code. */
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
  if (!wait) return asked;
  createOutput('text').say(`${asked}; waiting until its pods are gone, or left as their spec says`);
  await handle.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
  const { status } = await findRun(temporal, workflowId, runId);
  printData(status === 'cancelled' ? `cancelled: ${workflowId}` : `${workflowId} has ended otherwise: it is ${status}`);
  return status === 'cancelled' ? 0 : 1;
}
