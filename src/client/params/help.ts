/** What a workflow takes, for its help: what a parameter is, in words, and how one would be typed. Pure. */
import { clientCall, shellWord } from '../../common/program-name.ts';
import { oneLine } from '../terminal/stdout.ts';
import { listOf, objectOf, variantsOf, type JsonSchema, schemaOf } from './json-schema.ts';
import type { KnownWorkflow } from './workflows.ts';

export interface ParamRow {
  /** `limits.memory`: as it is typed. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly description?: string | undefined;
  readonly example: string;
}

/** One for each parameter; those of an object each by itself. */
export function paramRows(schema: JsonSchema, prefix = '', required = true): ParamRow[] {
  const { properties = {}, required: names = [] } = objectOf(schema) ?? {};
  return Object.entries(properties).flatMap(([key, property]) => {
    const name = `${prefix}${key}`;
    const isRequired = required && names.includes(key);
    if (objectOf(property) && property.default === undefined) return paramRows(property, `${name}.`, isRequired);
    const { description, default: value } = property;
    const row = { name, type: typeText(property), required: isRequired, description, example: exampleOf(property) };
    return [value === undefined ? row : { ...row, default: value }];
  });
}

const FORMATS: Record<string, string> = {
  date: 'date (YYYY-MM-DD)',
  'date-time': 'moment (ISO 8601)',
  uri: 'URL',
  email: 'email address',
};

export function typeText(schema: JsonSchema): string {
  return [...new Set(variantsOf(schema).map(oneType))].join(' or ');
}

function oneType(schema: JsonSchema): string {
  const { type, format, minimum, maximum, items, additionalProperties } = schema;
  const allowed = schema.const === undefined ? schema.enum : [schema.const];
  if (allowed) return allowed.map(String).join(' | ');
  switch (type) {
    case 'string':
      return FORMATS[format ?? ''] ?? 'text';
    case 'integer':
    case 'number':
      return `${type === 'integer' ? 'whole number' : 'number'}${rangeText(minimum, maximum)}`;
    case 'boolean':
      return 'true | false';
    case 'array':
      return `list of ${typeof items === 'object' ? typeText(items) : 'anything'}`;
    case 'object':
      return typeof additionalProperties === 'object' ? `object of ${typeText(additionalProperties)}` : 'object';
    case 'null':
      return 'null';
    default:
      return 'anything';
  }
}

/** zod says of every whole number that it is a safe one. */
function rangeText(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): string {
  const from = minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : '';
  const to = maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : '';
  return from || to ? ` ${[from, to].filter(Boolean).join(' ')}` : '';
}

/** Something that would be accepted, as far as the schema lets one guess; its author's own examples come first. */
function exampleOf(schema: JsonSchema): string {
  const [first = schema] = variantsOf(schema);
  const given = schema.examples?.[0] ?? schema.default ?? first.const ?? first.enum?.[0];
  if (given !== undefined) return wordOf(given);
  const items = listOf(schema)?.items;
  if (typeof items === 'object') return exampleOf(items);
  const BY_TYPE: Record<string, string> = {
    integer: String(Math.max(first.minimum ?? 1, Math.min(1, first.maximum ?? 1))),
    number: String(first.minimum ?? 1),
    boolean: 'true',
    object: '{}',
    null: 'null',
  };
  const BY_FORMAT: Record<string, string> = {
    date: '2026-11-01',
    'date-time': '2026-11-01T02:00:00Z',
    uri: 'https://example.com',
  };
  return BY_FORMAT[first.format ?? ''] ?? BY_TYPE[typeof first.type === 'string' ? first.type : ''] ?? 'TEXT';
}

/** A value as a word of the command line. */
export function wordOf(value: unknown): string {
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === 'string' && /^[^,[\s]+$/.test(item))
  )
    return value.join(',');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return shellWord(text);
}

export function workflowHelp({ name, description, params }: KnownWorkflow): string {
  const title = `${name}${description ? `: ${oneLine(description)}` : ''}`;
  if (!params) return `${title}\n\nIts arguments have no schema; they are passed on as they are.\n`;
  const rows = paramRows(schemaOf(params));
  if (rows.length === 0) return `${title}\n\nIt takes no parameters.\n\nExample:\n  ${clientCall()} run ${name}\n`;
  const width = Math.max(...rows.map((row) => row.name.length)) + 2;
  return [
    title,
    '',
    'Parameters:',
    ...rows.map((row) => rowText(row, width)),
    '',
    'Example:',
    `  ${exampleCall(name, rows)}`,
    '',
  ].join('\n');
}

function rowText({ name, type, required, description, ...row }: ParamRow, width: number): string {
  const value = 'default' in row ? `default ${JSON.stringify(row.default)}` : required ? 'required' : 'optional';
  const first = `  ${name.padEnd(width)}${type}, ${value}`;
  return description ? `${first}\n  ${' '.repeat(width)}${oneLine(description)}` : first;
}

/** With all that must be given, or with one that may. */
export function exampleCall(name: string, rows: readonly ParamRow[], call = clientCall()): string {
  const required = rows.filter((row) => row.required && !('default' in row));
  const shown = required.length > 0 ? required : rows.slice(0, 1);
  return [call, 'run', name, ...shown.map((row) => `${row.name}=${row.example}`)].join(' ');
}
