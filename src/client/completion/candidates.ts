/** What may stand where the line ends. Pure, but for the names that it asks for. */
import type { Command } from 'commander';
import { listOf, objectOf, propertyOf, schemaOf, variantsOf, type JsonSchema } from '../params/json-schema.ts';
import { paramRows } from '../params/help.ts';
import type { KnownWorkflow } from '../params/workflows.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** Names that only Temporal knows. A server that does not answer soon knows none. */
export interface Names {
  workflows(): Promise<readonly KnownWorkflow[]>;
  runs(): Promise<readonly Candidate[]>;
  tasks(workflowId: string): Promise<readonly string[]>;
  schedules(): Promise<readonly string[]>;
}

/** Those that begin with what is typed. @param words without the name of the program */
export async function candidatesFor(root: Command, words: readonly string[], names: Names): Promise<Candidate[]> {
  const place = placeOf(root, words);
  const { command, operands, option, choices, word } = place;
  const all = async (): Promise<readonly Candidate[]> => {
    if (option !== undefined) return choices ? choices.map(plain) : ofOption(option, operands, names);
    if (word.startsWith('-')) return optionsOf(command);
    if (command.commands.length > 0 && operands.length === 0) return commandsOf(command);
    const { registeredArguments } = command;
    const last = registeredArguments.at(-1);
    const argument = registeredArguments[operands.length] ?? (last?.variadic ? last : undefined);
    if (!argument) return [];
    if (argument.argChoices) return argument.argChoices.map(plain);
    const at = registeredArguments.findIndex((one) => one.name() === 'workflow');
    if (argument.name() === 'args' && at !== -1) return paramsOf(operands[at], word, await names.workflows());
    const isSchedule = command.parent?.name() === 'schedule' && command.name() !== 'create';
    return isSchedule && argument.name() === 'name'
      ? (await names.schedules()).map(plain)
      : named(argument.name(), operands, names);
  };
  return (await all()).filter(({ value }) => value.startsWith(word));
}

/** `--id` names a run that is not there yet. */
const ofOption = async (name: string, operands: readonly string[], names: Names) =>
  name === 'workflow' || name === 'task' ? named(name, operands, names) : [];

/** By what the arguments of the commands are called. */
async function named(name: string, [id]: readonly string[], names: Names): Promise<readonly Candidate[]> {
  switch (name) {
    case 'workflow':
      return (await names.workflows()).map((one) => ({ value: one.name, description: one.description }));
    case 'id':
      return names.runs();
    case 'task':
    case 'tasks':
      return id === undefined ? [] : (await names.tasks(id)).map(plain);
    default:
      return [];
  }
}

const plain = (value: string): Candidate => ({ value });

const isShown = (one: unknown) => !(one as { _hidden?: boolean; hidden?: boolean })._hidden;

const commandsOf = ({ commands }: Command): Candidate[] =>
  commands.filter(isShown).map((one) => ({ value: one.name(), description: one.description() }));

const optionsOf = ({ options }: Command): Candidate[] => [
  ...options
    .filter(({ hidden, long }) => !hidden && long)
    .map(({ long, description }) => ({ value: long!, description })),
  { value: '--help', description: 'display help for command' },
];

/** `image=`, and behind the sign what it may be. */
function paramsOf(name: string | undefined, word: string, workflows: readonly KnownWorkflow[]): Candidate[] {
  const params = workflows.find((one) => one.name === name)?.params;
  if (!params) return [];
  const schema = schemaOf(params);
  const [, key] = /^([^=]+)=/.exec(word) ?? [];
  if (key === undefined)
    return paramRows(schema).map((row) => ({ value: `${row.name}=`, description: row.description ?? row.type }));
  const property = key.split('.').reduce<JsonSchema | undefined>((at, step) => propertyOf(at, step), schema);
  return property ? valuesOf(property).map((value) => ({ value: `${key}=${value}` })) : [];
}

function valuesOf(schema: JsonSchema): string[] {
  const items = listOf(schema)?.items;
  if (objectOf(schema)) return [];
  if (typeof items === 'object') return valuesOf(items);
  return variantsOf(schema).flatMap((one) => {
    if (one.const !== undefined) return [JSON.stringify(one.const).replace(/^"|"$/g, '')];
    if (one.enum) return one.enum.map(String);
    return one.type === 'boolean' ? ['true', 'false'] : [];
  });
}

/** A line as far as it is typed: which command it is in, and what the last word may be. */
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
