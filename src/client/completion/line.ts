/** A line as far as it is typed: which command it is in, and what the last word may be. Pure. */
import type { Command } from 'commander';

export interface Place {
  readonly command: Command;
  /** Before the word that is being typed, without options. */
  readonly operands: readonly string[];
  /** The option whose value is being typed. */
  readonly option?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  /** What is being typed; empty behind a blank. */
  readonly word: string;
}

/** As a shell takes it apart, as far as quotes go. The last one is being typed. */
export function wordsOf(line: string): string[] {
  const words: string[] = [''];
  let quote: string | undefined;
  for (const one of line.trimStart()) {
    if (quote !== undefined) {
      if (one === quote) quote = undefined;
      else words.push(`${words.pop()}${one}`);
    } else if (one === '"' || one === "'") quote = one;
    else if (!/\s/.test(one)) words.push(`${words.pop()}${one}`);
    else if (words.at(-1) !== '') words.push('');
  }
  return words;
}

/** @param words without the name of the program */
export function placeOf(root: Command, words: readonly string[]): Place {
  const word = words.at(-1) ?? '';
  let command = root;
  const operands: string[] = [];
  let waiting: Place['option'];
  let choices: Place['choices'];
  for (const one of words.slice(0, -1)) {
    if (waiting !== undefined) {
      waiting = undefined;
      continue;
    }
    if (one.startsWith('-')) {
      const option = command.options.find(({ long, short }) => long === one || short === one);
      if (option?.required || option?.optional) [waiting, choices] = [option.attributeName(), option.argChoices];
      continue;
    }
    const inner = operands.length === 0 ? command.commands.find((known) => known.name() === one) : undefined;
    if (inner) command = inner;
    else operands.push(one);
  }
  return waiting === undefined ? { command, operands, word } : { command, operands, option: waiting, choices, word };
}
