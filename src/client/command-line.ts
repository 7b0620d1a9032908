/** What was typed, and what it means. */
import { Command, CommanderError, Option } from 'commander';
import { temporalConfig } from '../config/index.ts';
import { usage } from '../problem.ts';
import { readArguments } from './arguments.ts';
import { createOutput, type Format, type Output } from './output.ts';
import { announce, runWorkflow } from './run.ts';
import { newWorkflowId, startWorkflow, type StartRequest } from './start.ts';
import { connectTemporal, type Temporal } from './temporal.ts';
import { checkArguments, checkName, workflowNames } from './workflows.ts';
import { yamlOutput } from './yaml-output.ts';

type Work = (temporal: Temporal, request: StartRequest, output: Output) => Promise<number>;

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

/** Does what was typed; the exit code. */
export async function commandLine(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command('client')
    .description('Runs pipelines of Kubernetes pods that Temporal remembers.')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const any = (usage: string, description: string, formats: [string, ...string[]] = ['text', 'json']) =>
    program
      .command(usage)
      .description(description)
      .addOption(new Option('-o, --output <format>', 'what stdout gets').choices(formats).default(formats[0]))
      .option('--debug', 'show stack traces');
  const command = (name: string, description: string, work: Work) =>
    any(`${name} <workflow> [args...]`, description)
      .option('--id <workflowId>', 'id of the workflow (default: <workflow>-<random>)')
      .addHelpText('after', HELP)
      .action(async (workflow: string, args: string[], options: { id?: string; output: Format }) => {
        const { id, output } = options;
        exitCode = await perform(work, workflow, () => readArguments(args), createOutput(output), id);
      });
  command('run', 'Start a workflow, follow its logs, print its result. Ctrl-C cancels it.', runWorkflow);
  command('start', 'Start a workflow, and leave it to the workers.', onlyStart);
  any('sweep', 'Delete the pods that nobody is left to delete: a schedule does it every few minutes, this does it now.')
    .option('--dry-run', 'only tell which', false)
    .action(async ({ dryRun, output }: { dryRun: boolean; output: Format }) => {
      exitCode = await perform(runWorkflow, 'sweep', () => [{ dryRun }], createOutput(output));
    });
  any('dry-run [spec]', 'Show the pod that `run pod` would create from this spec, without creating it.', [
    'yaml',
    'json',
  ])
    .option('--server', 'let the API server validate and complete it, admission included', false)
    .addHelpText('after', DRY_RUN_HELP)
    .action(async (spec: string | undefined, { server, output }: { server: boolean; output: 'yaml' | 'json' }) => {
      const on = server ? 'server' : 'client';
      const read = () => readArguments(spec === undefined ? [] : [spec]).map((one) => ({ spec: one, on }));
      exitCode = await perform(runWorkflow, 'dryRun', read, output === 'yaml' ? yamlOutput() : createOutput(output));
    });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith('commander.help')) return error.exitCode === 0 ? 0 : 2;
    throw usage(`${error.message.replace(/^error: /, '')}\n  how it is called: npm run client -- --help`);
  }
}

/** Everything that can be wrong with the call is looked at before Temporal is asked for anything. */
async function perform(
  work: Work,
  workflow: string,
  read: () => unknown[],
  output: Output,
  id?: string,
): Promise<number> {
  if (id === '') throw usage('--id is empty');
  checkName(workflow, await workflowNames());
  const args = read();
  checkArguments(workflow, args);
  const temporal = await connectTemporal(temporalConfig());
  try {
    return await work(temporal, { workflow, args, workflowId: id ?? newWorkflowId(workflow) }, output);
  } finally {
    await temporal.connection.close();
  }
}

const onlyStart: Work = async (temporal, request, output) => {
  const run = await startWorkflow(temporal, request);
  announce(output, run);
  output.started(run);
  return 0;
};
