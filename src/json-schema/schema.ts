/** An author's JSON Schema: can it be used, and does a value fit. It only judges: defaults are not filled in, nothing is changed. */
import { isObject } from '../common/is-object.ts';
import { elementText, shown } from '../common/issue-text.ts';
import { CHECKS, faultsOf, patternOf, referred, type Schema } from './keywords.ts';

const FAULTS = 5;

/** Keywords that say nothing about whether a value fits. `format` too: schema libraries write its `pattern` beside it. */
const NOTES =
  /^(\$schema|\$id|\$comment|\$defs|definitions|title|description|default|examples|deprecated|readOnly|writeOnly|format|content(Encoding|MediaType|Schema)|discriminator|then|else|(min|max)Contains|x-.*)$/;
const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'];
const OF_SCHEMAS = /^(allOf|anyOf|oneOf|prefixItems)$/;
const BY_KEY = /^(properties|patternProperties|dependentSchemas|\$defs|definitions)$/;
const A_SCHEMA = /^(items|additionalItems|contains|additionalProperties|propertyNames|not|if|then|else)$/;
const A_COUNT = /^(min|max)(Length|Items|Contains|Properties)$/;
const A_NUMBER = /^(minimum|maximum|exclusiveMinimum|exclusiveMaximum|multipleOf)$/;

/** What keeps the schema from being used: one line a fault, with its path. A keyword we would not check is a fault too. */
export function schemaProblems(schema: unknown, path = 'result.schema', root: unknown = schema): string[] {
  if (typeof schema === 'boolean') return [];
  if (!isObject(schema)) return [`${path}: must be a JSON Schema, got ${shown(schema)}`];
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const at = `${path}.${keyword}`;
    if (!Object.hasOwn(CHECKS, keyword) && !NOTES.test(keyword))
      return [`${at}: is not a keyword that is checked here`];
    const within = (part: unknown, key: string | number) =>
      schemaProblems(part, at + (typeof key === 'number' ? elementText(key) : `.${key}`), root);
    if (A_SCHEMA.test(keyword) && !Array.isArray(rule)) return schemaProblems(rule, at, root);
    if (OF_SCHEMAS.test(keyword) || (keyword === 'items' && Array.isArray(rule)))
      return Array.isArray(rule) ? rule.flatMap(within) : [`${at}: must be a list of schemas, got ${shown(rule)}`];
    if (BY_KEY.test(keyword) && isObject(rule))
      return Object.entries(rule).flatMap(([key, part]) => [
        ...(keyword === 'patternProperties' ? patternProblems(key, at) : []),
        ...within(part, key),
      ]);
    const wish = ruleWish(keyword, rule, root as Schema);
    return wish === undefined ? [] : [`${at}: ${wish}, got ${shown(rule)}`];
  });
}

/** How the value breaks the schema: path, what is wanted, what there is. At most five; empty when it fits. */
export function schemaFaults(schema: Schema, value: unknown): string[] {
  return faultsOf(schema, value)
    .slice(0, FAULTS)
    .map((fault) => `${fault.path || 'the value'}: ${fault.wish}, got ${shown(fault.value)}`);
}

function ruleWish(keyword: string, rule: unknown, root: Schema): string | undefined {
  const isTexts = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === 'string');
  if (keyword === '$ref')
    return typeof rule === 'string' && referred(root, rule) !== undefined
      ? undefined
      : 'must name a part of this schema (#/…)';
  if (keyword === 'type') {
    const good = [rule].flat().length > 0 && [rule].flat().every((one) => TYPES.includes(one as string));
    return good ? undefined : `must be of ${TYPES.join(', ')}`;
  }
  if (keyword === 'pattern')
    return typeof rule === 'string' && patternProblems(rule, '').length === 0
      ? undefined
      : 'must be a regular expression';
  if (A_COUNT.test(keyword))
    return Number.isInteger(rule) && Number(rule) >= 0 ? undefined : 'must be a whole number, 0 or more';
  if (keyword === 'multipleOf' && typeof rule === 'number' && rule <= 0) return 'must be more than 0';
  if (A_NUMBER.test(keyword)) return typeof rule === 'number' ? undefined : 'must be a number';
  if (keyword === 'enum') return Array.isArray(rule) ? undefined : 'must be a list';
  if (keyword === 'required') return isTexts(rule) ? undefined : 'must be a list of keys';
  if (keyword === 'uniqueItems') return typeof rule === 'boolean' ? undefined : 'must be true or false';
  if (keyword === 'dependentRequired')
    return isObject(rule) && Object.values(rule).every(isTexts) ? undefined : 'must be lists of keys, by key';
  return BY_KEY.test(keyword) ? 'must be schemas by key' : undefined;
}

function patternProblems(pattern: string, at: string): string[] {
  try {
    patternOf(pattern);
    return [];
  } catch {
    return [`${at}: has a key that is no regular expression: ${shown(pattern)}`];
  }
}
