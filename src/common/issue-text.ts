/** A validator's complaints as lines for a person: path, what it must be, value. Pure; the workflow sandbox loads it too. */
import type { z } from 'zod';
import { shortened } from './shortened.ts';

/**
 * What is wrong with the value at `at`. A key that nobody knows is for the caller to say, who knows which ones there are.
 * @param written the value as its author wrote it, where the value alone does not tell
 */
export function issueText(
  at: string,
  issue: Exclude<z.core.$ZodIssue, z.core.$ZodIssueUnrecognizedKeys>,
  written?: string,
): string {
  const got = `got ${issue.code === 'invalid_key' ? shown(issue.path.at(-1)) : (written ?? shown(issue.input))}`;
  switch (issue.code) {
    case 'invalid_type':
      return `${at}: must be ${wanted(issue.expected)}, ${got}`;
    case 'invalid_key':
      return `${at}: ${issue.issues[0]?.message ?? 'is not a valid key'}, ${got}`;
    case 'invalid_value':
      return `${at}: ${isDefault(issue.message) ? `must be ${oneOf(issue.values)}` : issue.message}, ${got}`;
    case 'invalid_union': {
      const types = issue.errors.map(([first]) =>
        first?.code === 'invalid_type' ? wanted(first.expected) : undefined,
      );
      const told = types.length > 0 && types.every((type) => type !== undefined);
      return `${at}: ${told ? `must be ${types.join(' or ')}` : 'is none of the things it may be'}, ${got}`;
    }
    default:
      return `${at}: ${ownWords(issue.message)}, ${got}`;
  }
}

/** `template.spec`, `args[0]`: where something stands. A key that no eye would take for one is in quotes. */
export const pathText = (path: readonly PropertyKey[], whole = 'spec'): string =>
  path
    .map((step) => (typeof step === 'number' ? elementText(step) : `.${keyText(String(step))}`))
    .join('')
    .replace(/^\./, '') || whole;

/** An element of a list, by its place (`[0]`) or by the key that it is known by (`[base]`). */
export const elementText = (key: string | number): string =>
  `[${typeof key === 'string' && /^\d+$/.test(key) ? JSON.stringify(key) : keyText(String(key))}]`;

/** Long ones are cut: a path is there to be found. */
function keyText(key: string): string {
  const text = key.length > 80 ? `${key.slice(0, 77)}...` : key;
  return /^[^\s"[\]]+$/.test(text) ? text : JSON.stringify(text);
}

/** So many faults are told at once. */
export const FAULTS = 20;
/** No line is longer: a key of an author's may stand in it. */
export const LINE = 1_000;

export const moreFaults = (told: number): string => `and more: these are the first ${told}`;

/**
 * The first faults, and whether there are more. Those are not looked for: what an author sends can be wrong in a hundred thousand
 * places, each with a message of its own.
 */
export function firstFaults(faults: Iterable<string>, most = FAULTS): string[] {
  const first: string[] = [];
  for (const fault of faults) {
    if (first.length === most) return [...first, moreFaults(most)];
    first.push(shortened(fault, LINE));
  }
  return first;
}

/** A list in a message: the first ten, and how many more. */
export const someOf = (names: readonly string[], most = 10): string =>
  names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');

/** At most 80 characters: a value is there to be recognised. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const WANTED: Record<string, string> = {
  int: 'a whole number',
  array: 'a list',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const wanted = (type: string) => WANTED[type] ?? `a ${type}`;

export const oneOf = (values: readonly unknown[]): string =>
  values
    .map((value) => JSON.stringify(value))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');

/** Words of the library and not of the schema's author. */
const isDefault = (message: string) => /^Invalid (option|input): expected /.test(message);

const ownWords = (message: string): string =>
  message
    .replace(/^Too (?:small|big): expected \w+ to /, 'must ')
    .replace(/^Invalid string: must /, 'must ')
    .replace(/^Invalid number: must /, 'must ')
    .replace(/^Invalid (?!input)/, 'is not a valid ');
