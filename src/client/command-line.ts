/** What was typed, and which command it means. */
import { type Command, CommanderError } from 'commander';
import { usage } from '../common/problem.ts';
import { clientCall } from '../common/program-name.ts';
import { commandsNamed } from './commands/all.ts';
import { placeOf } from './completion/candidates.ts';

/** Does what was typed; the exit code. */
export async function commandLine(argv: readonly string[]): Promise<number> {
  const words = withoutHelpCommand(argv);
  const [name, ...operands] = words.slice(2).filter((word) => !word.startsWith('-'));
  const program = await commandsNamed(name, name === 'help' ? operands[0] : undefined);
  try {
    // Also without them, a command can say how it is called.
    if (asksForHelp(words) && operands.length > 0) {
      const { knownWorkflows } = await import('./params/workflows.ts');
      program.workflows = await knownWorkflows().catch(() => []);
    }
    await program.root.parseAsync(words);
    return program.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (/^commander\.(help|version)/.test(error.code)) return error.exitCode === 0 ? 0 : 2;
    throw usage(
      `${error.message.replace(/^error: /, '')}\n  how it is called: ${helpOf(program.root, words.slice(2))}`,
    );
  }
}

/** Of the command that was meant, as far as it was understood. */
function helpOf(root: Command, words: readonly string[]): string {
  const names: string[] = [];
  for (let { command } = placeOf(root, [...words, '']); command.parent; command = command.parent)
    names.unshift(command.name());
  return [clientCall(), ...names, '--help'].join(' ');
}

const asksForHelp = (words: readonly string[]) => words.some((word) => word === '--help' || word === '-h');

/** `help run hello` is `run hello --help`: commander's own passes the command on, and nothing of what stands behind it. */
function withoutHelpCommand(argv: readonly string[]): readonly string[] {
  const [node = '', script = '', first, ...rest] = argv;
  return first === 'help' && rest.length > 1 ? [node, script, ...rest, '--help'] : argv;
}
