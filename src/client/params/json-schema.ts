/** A workflow's parameters as JSON Schema: what typed words become, and what the help tells. Pure. */
import type { z } from 'zod';

/** As much of it as is read here. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Of what is typed, not of what the workflow makes of it. What JSON Schema has no words for may be anything. */
export const schemaOf = (params: z.ZodObject): JsonSchema =>
  params.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** The alternatives of a value, each of one type. */
export function variantsOf(schema: JsonSchema): JsonSchema[] {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.flatMap(variantsOf);
  const { type } = schema;
  return Array.isArray(type) ? type.map((one: string) => ({ ...schema, type: one })) : [schema];
}

/** Where it is an object with named properties. */
export const objectOf = (schema: JsonSchema | undefined): JsonSchema | undefined =>
  schema && variantsOf(schema).find(({ properties }) => properties);

export const listOf = (schema: JsonSchema | undefined): JsonSchema | undefined =>
  schema && variantsOf(schema).find(({ type }) => type === 'array');

/** Of a property, by its name or as one of many; undefined when the schema does not know it. */
export function propertyOf(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const named = objectOf(schema)?.properties;
  if (named && Object.hasOwn(named, name)) return named[name];
  return (schema ? variantsOf(schema) : [{}]).map(anyProperty).find((any) => any !== undefined);
}

function anyProperty({ type, additionalProperties }: JsonSchema): JsonSchema | undefined {
  if (typeof additionalProperties === 'object') return additionalProperties;
  return additionalProperties === true || type === undefined ? {} : undefined;
}

export const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
