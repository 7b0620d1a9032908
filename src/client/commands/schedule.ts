/** `schedule`: runs at their times. */
import { Option, type Command } from 'commander';
import { createOutput } from '../terminal/output.ts';
import { ROW_FORMATS, rowsText, type RowFormat } from '../terminal/rows.ts';
import { backfill, type BackfillOptions, trigger } from '../schedules/runs.ts';
import { findSchedule, listSchedules, type FoundSchedule } from '../schedules/find.ts';
import { COLUMNS, documentOf, rowOf, scheduleText } from '../schedules/look.ts';
import { OVERLAPS, type Overlap, type TimingOptions } from '../schedules/timing.ts';
import { nameText, printData, printJson } from '../terminal/stdout.ts';
import type { Temporal } from '../temporal/connection.ts';
import { temporalConfig } from '../../config/temporal.ts';
import { createSchedule, scheduleOptions, updateSchedule } from '../schedules/create.ts';
import { workflowArguments } from '../params/workflow-arguments.ts';
import { findWorkflow } from '../params/workflows.ts';
import type { Program } from './program.ts';

const EXIT = '\nExit code: 0 it is done, 2 the call is wrong, 3 Temporal does not answer.';

const BACKFILL_HELP = `
A run for each time of the schedule from --from to --to, both included: days or times of the clocks in the schedule's zone
(2026-11-16, 2026-11-16T02:00), or moments (2026-11-16T01:00:00Z). In each run scheduledTime() is its own time. They run one
after another unless --overlap allow-all. Times that had a run already get one more.
  schedule backfill nightly --from 2026-11-16 --to 2026-11-22
${EXIT}`;

export function scheduleCommand(program: Program): void {
  const schedule = program.root
    .command('schedule')
    .description('Run workflows at their times: create, list, pause, backfill…');
  scheduleCreateCommands(program, schedule);
  const command = (usage: string, description: string, formats: readonly string[] = []) =>
    program.command(usage, description, formats, schedule);
  const say = (text: string) => createOutput('text').say(text);
  const overlap = () => new Option('--overlap <policy>', 'when another run of it is under way').choices(OVERLAPS);

  command('list', 'List the schedules of this task queue.', ROW_FORMATS)
    .option('--all', "also the sweeper's")
    .addHelpText('after', `\nA schedule appears here about a second after it was created.\n${EXIT}`)
    .action(async ({ all, output }: { all?: boolean; output: RowFormat }) =>
      program.withTemporal(async (temporal) => {
        const rows = (await listSchedules(temporal, all)).map(rowOf);
        if (rows.length > 0 || output === 'json')
          printData(rowsText(output, rows, { columns: COLUMNS, nameOf: (row) => row.name, screen: process.stdout }));
        if (rows.length === 0) say(`no schedules on task queue '${temporal.config.taskQueue}'`);
        return 0;
      }),
    );

  command('show <name>', 'Show a schedule: its times, its next runs, and how the last ones ended.', ['text', 'json'])
    .addHelpText('after', EXIT)
    .action(async (name: string, { output }: { output: 'text' | 'json' }) =>
      program.withTemporal(async (temporal) => {
        const document = await documentOf(temporal, (await findSchedule(temporal, name)).description);
        if (output === 'json') printJson(document);
        else printData(scheduleText(document, process.stdout));
        return 0;
      }),
    );

  /** Does something to one schedule, and says so. */
  const act = <O>(of: Command, work: (found: FoundSchedule, options: O, temporal: Temporal) => Promise<string>) =>
    of.action(async (name: string, options: O) =>
      program.withTemporal(async (temporal) => {
        say(await work(await findSchedule(temporal, name), options, temporal));
        return 0;
      }),
    );
  const note = ['--note <text>', 'why; it is shown with the schedule'] as const;

  act<{ note?: string }>(
    command('pause <name>', 'Start no more runs; those under way go on.')
      .option(...note)
      .addHelpText('after', EXIT),
    async ({ handle }, { note }) => {
      await handle.pause(note ?? 'paused by hand');
      return `${handle.scheduleId} is paused`;
    },
  );
  act<{ note?: string }>(
    command('resume <name>', 'Start runs again, from the next time on.')
      .option(...note)
      .addHelpText('after', EXIT),
    async ({ handle }, { note }) => {
      await handle.unpause(note ?? 'resumed by hand');
      return `${handle.scheduleId} is active`;
    },
  );
  act<{ overlap?: Overlap }>(
    command('trigger <name>', 'Start a run now, also when it is paused.')
      .addOption(overlap())
      .addHelpText('after', EXIT),
    async (found, { overlap }) => trigger(found, overlap),
  );
  act<BackfillOptions>(
    command('backfill <name>', 'Start the runs of times that are past.')
      .requiredOption('--from <time>', 'the first day or moment')
      .requiredOption('--to <time>', 'the last one')
      .addOption(overlap().default('buffer-all', 'buffer-all: one after another'))
      .addHelpText('after', BACKFILL_HELP),
    async (found, options, temporal) => {
      const { times, notes } = await backfill(temporal, found, options);
      const shown = times.length > 20 ? [...times.slice(0, 10), '…', ...times.slice(-5)] : times;
      return `${found.handle.scheduleId}: ${times.length === 1 ? 'a run' : `${times.length} runs`} for\n  ${[...shown, ...notes].join('\n  ')}`;
    },
  );
  act(
    command('delete <name>', 'Delete a schedule; runs under way go on.').addHelpText('after', EXIT),
    async ({ handle }) => {
      await handle.delete();
      return `${handle.scheduleId} is deleted`;
    },
  );
}

interface Options extends TimingOptions {
  readonly paused?: boolean;
  readonly note?: string;
}

const HELP = `
Arguments are as of run, checked now, and the same for each run. Which time a run is for, it asks with scheduledTime().
  schedule create nightly load regions=eu,us --cron '0 4 * * *' --time-zone Europe/Berlin
  schedule create hourly load --every 1h --offset 5m --overlap buffer-one

A night on which clocks are put forward has no 02:30 (in Europe/Berlin), and so no run; on one on which they are put back it comes
twice, and whether it runs once, twice or not at all depends on the zone and the cron. create, update, show and backfill say it with
the date. To be safe: a time outside of it, a zone without summer time (UTC), or --every.

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
        const { next, notes } = await createSchedule(temporal, options);
        const when = paused ? 'it is paused' : `first run ${next[0]}`;
        createOutput('text').say([`created ${name}; ${when}`, ...notes].join('\n  '));
        printData(nameText(name));
        return 0;
      });
    });

  timed('update <name> [args...]', 'Change a schedule: what is given replaces what there was.').action(
    async (name: string, words: string[], { note, ...timing }: Options) =>
      program.withTemporal(async (temporal) => {
        const { next, notes } = await updateSchedule(temporal, { name, words, timing, note });
        createOutput('text').say([`changed ${name}; next run ${next[0] ?? 'never'}`, ...notes].join('\n  '));
        return 0;
      }),
  );
}

const collect = (text: string, earlier: readonly string[] = []) => [...earlier, text];
