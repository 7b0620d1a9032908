/** `run`, `start`, and the two workflows that have commands of their own: `sweep` and `dry-run`. */
import { createOutput, type Format, type Output } from '../terminal/output.ts';
import { yamlOutput } from '../terminal/yaml-output.ts';
import { announce, runWorkflow } from '../run/run.ts';
import { newWorkflowId, startWorkflow, type StartRequest } from '../run/start.ts';
import { readMoment } from '../schedules/zone.ts';
import type { Temporal } from '../temporal/connection.ts';
import { dryRunArguments, workflowArguments } from '../params/workflow-arguments.ts';
import { findWorkflow, type KnownWorkflow } from '../params/workflows.ts';
import { specHints } from '../../spec/hints.ts';
import { usage } from '../../common/problem.ts';
import type { Program } from './program.ts';

type Work = (temporal: Temporal, request: StartRequest, output: Output) => Promise<number>;

const FORMATS = ['text', 'json'];

const HELP = `
Arguments are key=value, JSON, the name of a .yaml, .yml or .json file, or - for standard input; single keys go on top of a whole:
  run nightly day=2026-11-01 regions=eu,us limits.memory=1Gi
  run diamond csv=@orders.csv
  run pod spec.yaml image=etl:4
  generate-spec | run pod -
What a workflow takes: run <workflow> --help. Which workflows there are: workflows.

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
      .option('--for <time>', 'what scheduledTime() is in it: a day or a moment, in UTC (default: its start)')
      .addHelpText('before', ({ command }) => program.workflowHelp(command.args[0]))
      .addHelpText('after', HELP)
      .action(async (name: string, args: string[], { id, output, for: time }: RunOptions) =>
        perform(
          program,
          work,
          { name, id, time, read: (workflow) => workflowArguments(workflow, args) },
          createOutput(output),
        ),
      );
  any('run', 'Start a workflow, follow its logs, print its result. Ctrl-C cancels it.', runWorkflow);
  any('start', 'Start a workflow, and leave it to the workers.', onlyStart);
  program
    .command(
      'sweep',
      'Delete the pods that no run is left to delete: a schedule does it every few minutes, this does it now.',
      FORMATS,
    )
    .option('--dry-run', 'only tell which', false)
    .action(async ({ dryRun, output }: { dryRun: boolean; output: Format }) =>
      perform(program, runWorkflow, { name: 'sweep', read: () => [{ dryRun }] }, createOutput(output)),
    );
  program
    .command('dry-run [spec...]', 'Show the pod that `run pod` would create from this spec, without creating it.', [
      'yaml',
      'json',
    ])
    .option('--server', 'let the API server validate and complete it, admission included', false)
    .addHelpText('after', DRY_RUN_HELP)
    .action(async (words: string[], { server, output }: { server: boolean; output: 'yaml' | 'json' }) => {
      const on = server ? 'server' : 'client';
      const to = output === 'yaml' ? yamlOutput() : createOutput(output);
      const read = () => {
        const [input] = dryRunArguments(words, on);
        for (const hint of specHints(input.spec)) to.say(`note: ${hint}`);
        return [input];
      };
      await perform(program, runWorkflow, { name: 'dryRun', read }, to);
    });
}

interface RunOptions {
  readonly id?: string;
  readonly for?: string;
  readonly output: Format;
}

interface Call {
  readonly name: string;
  readonly id?: string | undefined;
  /** What it is for. */
  readonly time?: string | undefined;
  readonly read: (workflow: KnownWorkflow) => unknown[];
}

/** Everything that can be wrong with the call is looked at before Temporal is asked for anything. */
async function perform(program: Program, work: Work, { name, id, time, read }: Call, output: Output): Promise<void> {
  if (id === '') throw usage('--id is empty');
  const args = read(await findWorkflow(name));
  const scheduledFor = time === undefined ? undefined : new Date(readMoment('--for', time, 'UTC'));
  const request = { workflow: name, args, workflowId: id ?? newWorkflowId(name), scheduledFor };
  await program.withTemporal((temporal) => work(temporal, request, output));
}

const onlyStart: Work = async (temporal, request, output) => {
  const run = await startWorkflow(temporal, request);
  announce(output, run);
  output.started(run);
  return 0;
};
