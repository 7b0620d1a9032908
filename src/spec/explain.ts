/** zod's issues as lines: path, what is wrong, value. */
import { z } from 'zod';
import { issueText, pathText, shown } from '../common/issue-text.ts';
import { hint } from './habits.ts';
import { shape } from './shape.ts';

export { pathText, shown } from '../common/issue-text.ts';

export function explain(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = [], of: z.ZodType = shape): string[] {
  const path = [...within, ...issue.path];
  const at = pathText(path);
  if (issue.code !== 'unrecognized_keys') return [issueText(at, issue)];
  return issue.keys.map((key) => {
    const value = issue.input?.[key];
    const said = `is not a field that runPod knows, got ${shown(value)}`;
    return `${pathText([...path, key])}: ${said}${hint(path, key, keysAt(of, issue.path), value)}`;
  });
}

function keysAt(type: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = unwrapped(type);
  for (const step of path)
    at = at instanceof z.ZodObject ? unwrapped((at.shape as Record<PropertyKey, unknown>)[step]) : undefined;
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

const unwrapped = (type: unknown): unknown =>
  type instanceof z.ZodOptional || type instanceof z.ZodNullable ? unwrapped(type.unwrap()) : type;
