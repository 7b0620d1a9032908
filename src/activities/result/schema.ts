/** An author's JSON Schema against a value. What it says is only whether the value fits: defaults of the schema are not filled in. */
import { z } from 'zod';

type Schema = Record<string, unknown>;

const FAULTS = 5;

/** What keeps the schema itself from being used; undefined when it can be. */
export function schemaProblem(schema: Schema): string | undefined {
  try {
    z.fromJSONSchema(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** How the value breaks the schema: path, what is wanted, what there is. At most five; empty when it fits. */
export function schemaFaults(schema: Schema, value: unknown): string[] {
  const checked = z.fromJSONSchema(schema).safeParse(value);
  if (checked.success) return [];
  return checked.error.issues.slice(0, FAULTS).map((issue) => {
    const path = issue.path.map(String).join('.');
    return `${path || 'the value'}: ${issue.message}, got ${shown(at(value, issue.path))}`;
  });
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);

/** At most 80 characters: a value is there to be recognised. */
function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
