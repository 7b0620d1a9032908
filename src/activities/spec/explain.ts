/** zod's issues as lines: path, what is wrong, value. */
import { z } from 'zod';
import { hint } from './habits.ts';
import { shape } from './shape.ts';

export function explain(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): string[] {
  const path = [...within, ...issue.path];
  const at = pathText(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const value = issue.input?.[key];
        const said = `is not a field that runPod knows, got ${shown(value)}`;
        return `${pathText([...path, key])}: ${said}${hint(path, key, keysAt(path))}`;
      });
    case 'invalid_type':
      return [`${at}: must be ${wanted(issue.expected)}, got ${shown(issue.input)}`];
    case 'invalid_key':
      return [`${at}: ${issue.issues[0]?.message ?? 'is not a valid key'}, got ${shown(issue.path.at(-1))}`];
    case 'invalid_value':
      return [
        `${at}: ${issue.values.length > 1 ? `must be ${oneOf(issue.values)}` : issue.message}, got ${shown(issue.input)}`,
      ];
    default:
      return [`${at}: ${issue.message}, got ${shown(issue.input)}`];
  }
}

/** A key that no eye would take for one is in quotes. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step) => (/^[^\s"]+$/.test(String(step)) ? String(step) : JSON.stringify(String(step)))).join('.') ||
  'spec';

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
};

const wanted = (type: string) => WANTED[type] ?? `a ${type}`;

const oneOf = (values: readonly unknown[]) =>
  values
    .map((value) => JSON.stringify(value))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');

function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = shape;
  for (const step of path)
    at = at instanceof z.ZodObject ? unwrapped((at.shape as Record<PropertyKey, unknown>)[step]) : undefined;
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

const unwrapped = (type: unknown): unknown =>
  type instanceof z.ZodOptional || type instanceof z.ZodNullable ? unwrapped(type.unwrap()) : type;
