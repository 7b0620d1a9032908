/** What was typed, and which command it means. */
import { CommanderError } from 'commander';
import { usage } from '../problem.ts';
import { controlCommands } from './commands/control.ts';
import { listCommand } from './commands/list.ts';
import { Program } from './commands/program.ts';
import { rerunCommand } from './commands/rerun.ts';
import { runCommands } from './commands/run.ts';

const COMMANDS = [runCommands, listCommand, controlCommands, rerunCommand];

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
