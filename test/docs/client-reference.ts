/** The help of every command as Markdown: the second half of docs/client.md, so that it cannot say anything else than the client does. */
import type { Command } from 'commander';
import { allCommands } from '../../src/client/commands/all.ts';

export const BEGINS = '<!-- from here on: npm run docs -->';

export async function clientReference(): Promise<string> {
  const { root } = await allCommands();
  root.name('temporal-pods');
  return leaves(root).map(section).join('\n');
}

/** Of a group of commands its members; not what is only there for a shell. */
const leaves = (command: Command): Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => (one.commands.length > 0 ? leaves(one) : [one]));

function section(command: Command): string {
  let help = '';
  command
    .configureOutput({
      writeOut: (text) => void (help += text),
      getOutHelpWidth: () => 110,
      getOutHasColors: () => false,
    })
    .outputHelp();
  return `### ${nameOf(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
}

const nameOf = (command: Command): string =>
  command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name();
