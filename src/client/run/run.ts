/** `run`: starts a workflow and stays with it to its end. */
import { WorkflowFailedError } from '@temporalio/client';
import { runUrl } from '../../config/temporal.ts';
import { pause } from '../../common/pause.ts';
import { failureDocument, failureText } from '../history/failure.ts';
import { LEFT, listenForInterrupts } from '../terminal/interrupts.ts';
import type { Output } from '../terminal/output.ts';
import { lookAt, startWorkflow, type Run, type StartRequest } from './start.ts';
import { asProblem, isNotFound, mayPass, type Temporal } from '../temporal/connection.ts';
import { Watch } from './watch.ts';

/** The exit code: 0 for a run that succeeded, 1 for one that did not, 130 for one that was left alone. */
export async function runWorkflow(temporal: Temporal, request: StartRequest, output: Output): Promise<number> {
  // From here on: a Ctrl-C between the start and its answer must not leave a run whose id was never told.
  const interrupts = listenForInterrupts();
  const left = new AbortController();
  void interrupts.second.then(() => left.abort());
  try {
    const run = await startWorkflow(temporal, request);
    announce(output, run);
    void interrupts.first.then(() => cancel(temporal, run, output, left.signal));
    const last = await watchAll(temporal, run, output, left.signal);
    if (left.signal.aborted) {
      output.say(
        `left ${run.workflowId}; it goes on being cancelled without you\n  look at it: ${lookAt(temporal.config, run)}`,
      );
      return LEFT;
    }
    return await tellEnd(temporal, run, last, output);
  } finally {
    interrupts.close();
  }
}

/** The run, and each one that goes on in its place (`continueAsNew`), to the end of the last one. */
async function watchAll(temporal: Temporal, first: Run, output: Output, left: AbortSignal): Promise<Run> {
  const { client, config } = temporal;
  const { workflowId } = first;
  let run = { ...first, handle: client.workflow.getHandle(workflowId, first.runId) };
  for (;;) {
    const runId = await new Watch(temporal, run, output).untilClosed(left);
    if (runId === undefined) return run;
    const url = runUrl(config, workflowId, runId);
    run = { workflowId, runId, url, handle: client.workflow.getHandle(workflowId, runId) };
    output.say(`${workflowId} goes on as a new run${url ? `\n  ${url}` : ''}`);
  }
}

export function announce(output: Output, { workflowId, url }: Run): void {
  output.say(`started ${workflowId}${url ? `\n  ${url}` : ''}`);
}

async function cancel({ connection, config }: Temporal, run: Run, output: Output, signal: AbortSignal): Promise<void> {
  output.say(
    `cancelling ${run.workflowId}; waiting until its pods are gone, or left as their spec says; Ctrl-C again to stop watching`,
  );
  while (!signal.aborted) {
    try {
      await connection.withAbortSignal(signal, () => run.handle.cancel());
      return;
    } catch (error) {
      // It has just ended by itself.
      if (isNotFound(error) || signal.aborted) return;
      if (!mayPass(error)) return output.say(`it cannot be cancelled: ${String(asProblem(error, config))}`);
      await pause(1_000, signal);
    }
  }
}

/** The handle of the first run gives the result of the last one. */
async function tellEnd({ config }: Temporal, { handle }: Run, last: Run, output: Output): Promise<number> {
  try {
    output.result(await handle.result());
    return 0;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw asProblem(error, config);
    output.failure(failureText(error.cause, last), failureDocument(error.cause, last));
    return 1;
  }
}
