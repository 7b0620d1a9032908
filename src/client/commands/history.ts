/** `history`: a run's history as the JSON that a replay test takes. */
import { writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { messageOf } from '../../common/message-of.ts';
import { usage } from '../../common/problem.ts';
import { findRun } from '../temporal/find-run.ts';
import { createOutput } from '../terminal/output.ts';
import { printData } from '../terminal/stdout.ts';
import type { Temporal } from '../temporal/connection.ts';
import { RUN_OPTION, type Program } from './program.ts';

interface Options {
  readonly run?: string;
  readonly to?: string;
}

const HELP = `
It is what replay takes, here and in a test: it fails when a change of the workflow's code would break runs like this.
It holds the run's arguments and results as they are, and the names of the machines that its workers ran on.
  history nightly-7f3a --to test/histories/nightly.json

Exit code: 0, 2 the call is wrong, 3 Temporal does not answer.`;

export function historyCommand(program: Program): void {
  program
    .command('history <id>', 'Print the history of a run as JSON, for a replay test.')
    .option(...RUN_OPTION)
    .option('--to <file>', 'write it there')
    .addHelpText('after', HELP)
    .action(async (id: string, options: Options) => program.withTemporal((temporal) => history(temporal, id, options)));
}

async function history(temporal: Temporal, id: string, { run: runId, to }: Options): Promise<number> {
  const run = await findRun(temporal, id, runId);
  const json = historyToJSON(await run.handle.fetchHistory());
  const output = createOutput('text');
  if (run.closedMs === undefined) output.say(`${id} still runs: this is its history so far`);
  if (to === undefined) printData(json);
  else {
    try {
      writeFileSync(to, `${json}\n`);
    } catch (error) {
      throw usage(`--to ${to}: cannot be written: ${messageOf(error)}`);
    }
    output.say(`wrote ${to}`);
  }
  return 0;
}
