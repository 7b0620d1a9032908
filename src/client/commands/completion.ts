/** `completion`: names and options while one types. */
import { Argument } from 'commander';
import { candidatesFor, wordsOf } from '../completion/candidates.ts';
import { namesOfTemporal } from '../completion/names.ts';
import { INSTALL, scriptOf, SHELLS, type Shell } from '../completion/scripts.ts';
import { isText, oneLine } from '../terminal/stdout.ts';
import { commandsNamed } from './all.ts';
import type { Program } from './program.ts';

const HELP = `
It completes commands, options, workflows and their parameters, schedules, runs and tasks. For the shell you are in:
  source <(temporal-pods completion bash)
For every shell that begins from now on:
${SHELLS.map((shell) => `  ${INSTALL[shell]}`).join('\n')}

Exit code: 0, or 2 for a shell that it does not know.`;

export function completionCommands(program: Program): void {
  program
    .command('completion', 'Print what a shell needs to complete a line with Tab.')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => void process.stdout.write(scriptOf(shell)));

  program.root.command('complete <line>', { hidden: true }).action(async (line: string) => {
    const [, ...words] = wordsOf(line);
    // One with a line break or another control character would be several, or none that can be typed.
    const { root } = await commandsNamed(words.find((word) => !word.startsWith('-')));
    const candidates = (await candidatesFor(root, words, namesOfTemporal)).filter(({ value }) => isText(value));
    const text = candidates.map(({ value, description }) => `${value}\t${oneLine(description ?? '')}\n`).join('');
    // A server that did not answer in time is not waited for.
    process.stdout.write(text, () => process.exit(0));
  });
}
