/** Parameters that nobody knows, also in objects whose schema would let them pass in silence: a typo is no wish. Pure. */
import { unknownParam } from '../../workflows/params.ts';
import { isFields, listOf, objectOf, propertyOf, variantsOf, type JsonSchema } from './json-schema.ts';

/** Each with its path. Where a value may be one of several objects, the validator knows better. */
export function unknownParams(
  schema: JsonSchema,
  value: unknown,
  path: readonly PropertyKey[] = [],
): Map<string, string> {
  const found = new Map<string, string>();
  const add = (more: Map<string, string>) => more.forEach((text, at) => found.set(at, text));
  const items = listOf(schema)?.items;
  if (Array.isArray(value) && typeof items === 'object')
    value.forEach((item, at) => add(unknownParams(items, item, [...path, at])));
  if (!isFields(value) || variantsOf(schema).length > 1) return found;
  const known = Object.keys(objectOf(schema)?.properties ?? {});
  for (const [name, one] of Object.entries(value)) {
    const at = [...path, name];
    const property = propertyOf(schema, name);
    if (property) add(unknownParams(property, one, at));
    else if (known.length > 0) found.set(at.join('.'), unknownParam(at, one, known));
  }
  return found;
}
