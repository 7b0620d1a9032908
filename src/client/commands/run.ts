/** `run`, `start`, and the two workflows that have commands of their own: `sweep` and `dry-run`. */
import { readArguments } from '../arguments.ts';
import { createOutput, type Format, type Output } from '../output.ts';
import { announce, runWorkflow } from '../run.ts';
import { newWorkflowId, startWorkflow, type StartRequest } from '../start.ts';
import type { Temporal } from '../temporal.ts';
import { checkArguments, checkName, workflowNames } from '../workflows.ts';
import { yamlOutput } from '../yaml-output.ts';
import { usage } from '../../problem.ts';
import type { Program } from './program.ts';

type Work = (temporal: Temporal, request: StartRequest, output: Output) => Promise<number>;

const FORMATS = ['text', 'json'];

const HELP = `
Arguments are JSON, or the name of a .yaml, .yml or .json file, or - for standard input:
  run hello '{"image": "python:3.12-slim"}'
  run pod spec.yaml
  generate-spec | run pod -

Log lines and the result go to stdout, progress to stderr; with -o json stdout holds the result only.
Exit code: 0 it succeeded, 1 it failed or was cancelled, 2 the call is wrong, 3 Temporal does not answer,
130 you left before its end.`;

const DRY_RUN_HELP = `
The spec is JSON, or the name of a .yaml, .yml or .json file, or - for standard input. A worker makes the manifest, with its
template, callbacks and policy:
  dry-run spec.yaml
  dry-run --server spec.yaml

The manifest goes to stdout, everything else to stderr. The pod's name and identity are made up. Who applies it gets a pod that waits
behind its scheduling gate, and that the sweeper deletes. Exit code: as of run.`;

export function runCommands(program: Program): void {
  const any = (name: string, description: string, work: Work) =>
    program
      .command(`${name} <workflow> [args...]`, description, FORMATS)
      .option('--id <workflowId>', 'id of the workflow (default: <workflow>-<random>)')
      .addHelpText('after', HELP)
      .action(async (workflow: string, args: string[], { id, output }: { id?: string; output: Format }) =>
        perform(program, work, workflow, () => readArguments(args), createOutput(output), id),
      );
  any('run', 'Start a workflow, follow its logs, print its result. Ctrl-C cancels it.', runWorkflow);
  any('start', 'Start a workflow, and leave it to the workers.', onlyStart);
  program
    .command(
      'sweep',
      'Delete the pods that nobody is left to delete: a schedule does it every few minutes, this does it now.',
      FORMATS,
    )
    .option('--dry-run', 'only tell which', false)
    .action(async ({ dryRun, output }: { dryRun: boolean; output: Format }) =>
      perform(program, runWorkflow, 'sweep', () => [{ dryRun }], createOutput(output)),
    );
  program
    .command('dry-run [spec]', 'Show the pod that `run pod` would create from this spec, without creating it.', [
      'yaml',
      'json',
    ])
    .option('--server', 'let the API server validate and complete it, admission included', false)
    .addHelpText('after', DRY_RUN_HELP)
    .action(async (spec: string | undefined, { server, output }: { server: boolean; output: 'yaml' | 'json' }) => {
      const on = server ? 'server' : 'client';
      const read = () => readArguments(spec === undefined ? [] : [spec]).map((one) => ({ spec: one, on }));
      await perform(program, runWorkflow, 'dryRun', read, output === 'yaml' ? yamlOutput() : createOutput(output));
    });
}

/** Everything that can be wrong with the call is looked at before Temporal is asked for anything. */
async function perform(
  program: Program,
  work: Work,
  workflow: string,
  read: () => unknown[],
  output: Output,
  id?: string,
): Promise<void> {
  if (id === '') throw usage('--id is empty');
  checkName(workflow, await workflowNames());
  const args = read();
  checkArguments(workflow, args);
  const request = { workflow, args, workflowId: id ?? newWorkflowId(workflow) };
  await program.withTemporal((temporal) => work(temporal, request, output));
}

const onlyStart: Work = async (temporal, request, output) => {
  const run = await startWorkflow(temporal, request);
  announce(output, run);
  output.started(run);
  return 0;
};
