/** What was typed, and which command it means. */
import { CommanderError } from 'commander';
import { usage } from '../common/problem.ts';
import { clientCall } from '../common/program-name.ts';
import { completionCommands } from './commands/completion.ts';
import { controlCommands } from './commands/control.ts';
import { doctorCommand } from './commands/doctor.ts';
import { graphCommand } from './commands/graph.ts';
import { historyCommand } from './commands/history.ts';
import { listCommand } from './commands/list.ts';
import { logsCommand } from './commands/logs.ts';
import { Program } from './commands/program.ts';
import { replayCommand } from './commands/replay.ts';
import { rerunCommand } from './commands/rerun.ts';
import { runCommands } from './commands/run.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { showCommand } from './commands/show.ts';
import { workerCommand } from './commands/worker.ts';
import { workflowsCommand } from './commands/workflows.ts';
import { knownWorkflows } from './params/workflows.ts';

const COMMANDS = [
  runCommands,
  listCommand,
  showCommand,
  graphCommand,
  logsCommand,
  historyCommand,
  replayCommand,
  scheduleCommand,
  workflowsCommand,
  controlCommands,
  rerunCommand,
  doctorCommand,
  workerCommand,
  completionCommands,
];

/** All commands, as they are declared. */
export function allCommands(): Program {
  const program = new Program();
  for (const add of COMMANDS) add(program);
  return program;
}

/** Does what was typed; the exit code. */
export async function commandLine(argv: readonly string[]): Promise<number> {
  const program = allCommands();
  try {
    const words = withoutHelpCommand(argv);
    // Also without them, a command can say how it is called.
    if (asksForHelp(words)) program.workflows = await knownWorkflows().catch(() => []);
    await program.root.parseAsync(words);
    return program.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (/^commander\.(help|version)/.test(error.code)) return error.exitCode === 0 ? 0 : 2;
    throw usage(`${error.message.replace(/^error: /, '')}\n  how it is called: ${clientCall()} --help`);
  }
}

const asksForHelp = (words: readonly string[]) => words.some((word) => word === '--help' || word === '-h');

/** `help run hello` is `run hello --help`: commander's own passes the command on, and nothing of what stands behind it. */
function withoutHelpCommand(argv: readonly string[]): readonly string[] {
  const [node = '', script = '', first, ...rest] = argv;
  return first === 'help' && rest.length > 1 ? [node, script, ...rest, '--help'] : argv;
}
