/** `schedule`: runs at their times. */
import { Option, type Command } from 'commander';
import { createOutput } from '../output.ts';
import { ROW_FORMATS, rowsText, type RowFormat } from '../rows.ts';
import { backfill, type BackfillOptions } from '../schedules/backfill.ts';
import { findSchedule, listSchedules, type FoundSchedule } from '../schedules/find.ts';
import { COLUMNS, documentOf, rowOf, scheduleText } from '../schedules/look.ts';
import { OVERLAPS, type Overlap } from '../schedules/timing.ts';
import { trigger } from '../schedules/trigger.ts';
import { printData, printJson } from '../stdout.ts';
import type { Temporal } from '../temporal.ts';
import type { Program } from './program.ts';
import { scheduleCreateCommands } from './schedule-create.ts';

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
      const times = await backfill(temporal, found, options);
      const shown = times.length > 20 ? [...times.slice(0, 10), '…', ...times.slice(-5)] : times;
      return `${found.handle.scheduleId}: ${times.length === 1 ? 'a run' : `${times.length} runs`} for\n  ${shown.join('\n  ')}`;
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
