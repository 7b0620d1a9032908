/** `rerun`: a new run of the same workflow, with the same arguments, that takes over what an earlier run has done. */
import { usage } from '../../common/problem.ts';
import { type EarlierRef, RERUN_MEMO } from '../../contract/index.ts';
import { startedWith } from '../history/read-history.ts';
import { findWorkflow } from '../params/workflows.ts';
import { announce, runWorkflow } from '../run/run.ts';
import { newWorkflowId, rerunSummary, startWorkflow } from '../run/start.ts';
import type { Temporal } from '../temporal/connection.ts';
import { findRun } from '../temporal/find-run.ts';
import { createOutput, type Format } from '../terminal/output.ts';
import { type Program, RUN_OPTION } from './program.ts';

interface Options {
  readonly run?: string;
  readonly id?: string;
  readonly follow?: boolean;
  readonly output: Format;
}

const HELP = `
A pod's result is taken over, without a pod, if the same task asked for the same and everything it waited for was taken over too.
All else runs: what failed, what was changed, and what comes after it. Results are read from the earlier run's history, so it must not be
too old for Temporal to know it.
  rerun sales-1
  rerun sales-1 --follow

The new id goes to stdout; with --follow the log and the result do, as with run, and Ctrl-C cancels it.
Exit code: 0 it was started, with --follow: it succeeded; 1 it failed; 2 the call is wrong, or the earlier run still runs; 3 Temporal does not
answer; 130 you left before its end.`;

export function rerunCommand(program: Program): void {
  program
    .command('rerun <id>', 'Run a workflow again that has ended, and keep what is done.', ['text', 'json'])
    .option(...RUN_OPTION)
    .option('--id <workflowId>', 'id of the new run (default: <workflow>-<random>)')
    .option('--follow', 'stay with it to its end, as run does')
    .addHelpText('after', HELP)
    .action(async (earlierId: string, options: Options) => {
      if (options.id === '') throw usage('--id is empty');
      if (options.id === earlierId)
        throw usage(`--id: '${earlierId}' is the earlier run; a rerun has an id of its own`);
      await program.withTemporal((temporal) => rerun(temporal, earlierId, options));
    });
}

async function rerun(temporal: Temporal, earlierId: string, { run: runId, id, follow, output: format }: Options) {
  const output = createOutput(format);
  const earlier = await findRun(temporal, earlierId, runId);
  const { workflow, workflowId } = earlier;
  if (earlier.status === 'running')
    throw usage(
      `${earlierId} still runs: a rerun takes over what a run has done in all\n` +
        `  its held tasks can be called again: retry ${earlierId} <task>; to end it: cancel ${earlierId} --wait`,
    );
  await findWorkflow(workflow);
  const { args, scheduledFor } = await startedWith(temporal, earlier);
  const request = {
    workflow,
    args,
    scheduledFor,
    workflowId: id ?? newWorkflowId(workflow),
    memo: { [RERUN_MEMO]: { workflowId, runId: earlier.runId } satisfies EarlierRef },
    summary: rerunSummary(workflow, workflowId),
  };
  if (follow) return runWorkflow(temporal, request, output);
  const started = await startWorkflow(temporal, request);
  announce(output, started);
  output.started(started);
  return 0;
}
