/** `schedule create` and `schedule update`. */
import { Option, type Command } from 'commander';
import { temporalConfig } from '../../config/index.ts';
import { createOutput } from '../output.ts';
import { createSchedule, scheduleOptions } from '../schedules/create.ts';
import { OVERLAPS, type TimingOptions } from '../schedules/timing.ts';
import { updateSchedule } from '../schedules/update.ts';
import { printData } from '../stdout.ts';
import { workflowArguments } from '../workflow-arguments.ts';
import { findWorkflow } from '../workflows.ts';
import type { Program } from './program.ts';

interface Options extends TimingOptions {
  readonly paused?: boolean;
  readonly note?: string;
}

const HELP = `
Arguments are as of run, checked now, and the same for each run. Which time a run is for, it asks with scheduledTime().
  schedule create nightly load regions=eu,us --cron '0 2 * * *' --time-zone Europe/Berlin
  schedule create hourly load --every 1h --offset 5m --overlap buffer-one

--overlap, when a run is due and another one is under way: skip (default), buffer-one, buffer-all, cancel-other, terminate-other,
allow-all. --catch-up: what was missed while Temporal was away is made up for if it is not older than this; its default is a year.

Exit code: 0 it is done, 2 the call is wrong (nothing was created or changed), 3 Temporal does not answer.`;

export function scheduleCreateCommands(program: Program, schedule: Command): void {
  const timed = (usage: string, description: string) =>
    program
      .command(usage, description, [], schedule)
      .option('--cron <text>', 'minute hour day month weekday; may be given several times', collect)
      .option('--every <length>', 'at each multiple of it since 1970: 15m, 6h, 1d')
      .option('--offset <length>', 'with --every: so much later')
      .option('--time-zone <zone>', 'whose clocks --cron means (default: UTC)')
      .option('--jitter <length>', 'start up to so much later, by chance')
      .addOption(new Option('--overlap <policy>', 'when another run of it is under way').choices(OVERLAPS))
      .option('--catch-up <length>', 'how old a missed time may be to be made up for')
      .option('--pause-on-failure', 'pause after a run that failed')
      .option('--note <text>', 'shown with the schedule')
      .addHelpText('after', HELP);

  timed('create <name> <workflow> [args...]', 'Create a schedule.')
    .option('--paused', 'create it paused')
    .addHelpText('before', ({ command }: { command: Command }) => program.workflowHelp(command.args[1]))
    .action(async (name: string, workflow: string, words: string[], { paused, note, ...timing }: Options) => {
      const args = workflowArguments(await findWorkflow(workflow), words);
      const options = scheduleOptions({ name, workflow, args, timing, paused, note }, temporalConfig().taskQueue);
      await program.withTemporal(async (temporal) => {
        const [next] = await createSchedule(temporal, options);
        const when = paused ? 'it is paused' : `first run ${next}`;
        createOutput('text').say(`created ${name}; ${when}`);
        printData(name);
        return 0;
      });
    });

  timed('update <name> [args...]', 'Change a schedule: what is given replaces what there was.').action(
    async (name: string, words: string[], { note, ...timing }: Options) =>
      program.withTemporal(async (temporal) => {
        const [next] = await updateSchedule(temporal, { name, words, timing, note });
        createOutput('text').say(`changed ${name}; next run ${next ?? 'never'}`);
        return 0;
      }),
  );
}

const collect = (text: string, earlier: readonly string[] = []) => [...earlier, text];
