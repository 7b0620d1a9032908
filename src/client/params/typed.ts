/** A word from the command line as the value that the schema asks for. Pure. */
import { listOf, variantsOf, type JsonSchema } from './json-schema.ts';

/** A word that does not fit stays a text: the check says what it must be, and what it is. */
export function typed(text: string, schema: JsonSchema): unknown {
  // Any word is a text, so that comes last.
  const variants = variantsOf(schema).sort((a, b) => Number(isText(a)) - Number(isText(b)));
  for (const variant of variants) {
    const value = asOne(text, variant);
    if (value !== undefined) return value;
  }
  return text;
}

/** Of a key that is given several times: only a list takes that. */
export function typedList(texts: readonly string[], schema: JsonSchema): unknown[] | undefined {
  if (!listOf(schema)) return undefined;
  return texts.flatMap((text) => typed(text, schema));
}

function asOne(text: string, schema: JsonSchema): unknown {
  const allowed = schema.const === undefined ? schema.enum : [schema.const];
  if (allowed) return allowed.find((value) => String(value) === text);
  switch (schema.type) {
    case 'string':
      return text;
    case 'integer':
    case 'number':
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'null':
      return text === 'null' ? null : undefined;
    case 'array': {
      if (text.startsWith('[')) return json(text);
      const items = typeof schema.items === 'object' ? schema.items : {};
      return text === '' ? [] : text.split(',').map((item) => typed(item.trim(), items));
    }
    case 'object':
      return text.startsWith('{') ? json(text) : undefined;
    default:
      return json(text);
  }
}

const isText = ({ type, enum: values, const: value }: JsonSchema) =>
  type === 'string' && values === undefined && value === undefined;

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
