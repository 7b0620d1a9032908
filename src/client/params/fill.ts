/** What was not typed: defaults, and where nothing is started, samples for what must be given. Pure. */
import { isFields, listOf, objectOf, type JsonSchema, variantsOf } from './json-schema.ts';

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

/** The value with samples for what it has to have, at every depth: `<day>` for a text, 1 for a number, one element for a list. */
export function withSamples(schema: JsonSchema, value: unknown, path = ''): unknown {
  const known = objectOf(schema);
  if (!isFields(value) || !known?.properties) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(known.properties)) {
    const at = path ? `${path}.${name}` : name;
    if (filled[name] !== undefined) filled[name] = withSamples(property, filled[name], at);
    else if (known.required?.includes(name)) filled[name] = sampleOf(property, at);
  }
  return filled;
}

function sampleOf(schema: JsonSchema, path: string): unknown {
  if (schema.default !== undefined) return schema.default;
  const [one = {}] = variantsOf(schema);
  if (one.const !== undefined) return one.const;
  if (one.enum) return one.enum[0];
  switch (one.type) {
    case 'number':
    case 'integer':
      return Math.min(Math.max(1, one.minimum ?? 1), one.maximum ?? Infinity);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [sampleOf(typeof one.items === 'object' ? one.items : {}, `${path}[]`)];
    case 'object':
      return withSamples(one, {}, path);
    default:
      return textOf(one.format, path);
  }
}

/** Of a form that has one; whatever else is asked of it cannot be guessed. */
function textOf(format: string | undefined, path: string): string {
  const now = new Date().toISOString();
  if (format === 'date') return now.slice(0, 10);
  if (format === 'date-time') return now;
  if (format === 'time') return now.slice(11, 19);
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000000';
  return `<${path}>`;
}
