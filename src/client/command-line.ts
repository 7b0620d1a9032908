/** What was typed, and which command it means. */
import { CommanderError } from 'commander';
import { usage } from '../problem.ts';
import { graphCommand } from './commands/graph.ts';
import { historyCommand } from './commands/history.ts';
import { listCommand } from './commands/list.ts';
import { logsCommand } from './commands/logs.ts';
import { Program } from './commands/program.ts';
import { runCommands } from './commands/run.ts';
import { showCommand } from './commands/show.ts';

const COMMANDS = [runCommands, listCommand, showCommand, graphCommand, logsCommand, historyCommand];

/** Does what was typed; the exit code. */
export async function commandLine(argv: readonly string[]): Promise<number> {
  const program = new Program();
  for (const add of COMMANDS) add(program);
  try {
    await program.root.parseAsync(argv);
    return program.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith('commander.help')) return error.exitCode === 0 ? 0 : 2;
    throw usage(`${error.message.replace(/^error: /, '')}\n  how it is called: npm run client -- --help`);
  }
}
