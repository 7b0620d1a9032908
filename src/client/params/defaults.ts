/** What nobody typed. Pure. */
import { isFields, listOf, objectOf, type JsonSchema } from './json-schema.ts';

/** The value with the defaults of the schema in it, at every depth. It stands in the history then, whatever becomes of the defaults. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  const items = listOf(schema)?.items;
  if (Array.isArray(value)) return typeof items === 'object' ? value.map((item) => withDefaults(items, item)) : value;
  const properties = objectOf(schema)?.properties;
  if (!isFields(value) || !properties) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(properties)) {
    if (filled[name] !== undefined) filled[name] = withDefaults(property, filled[name]);
    else if (property.default !== undefined) filled[name] = property.default;
  }
  return filled;
}
