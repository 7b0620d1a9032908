/** Words become the one object that a workflow takes: whole values from left to right, then single keys. Pure. */
import { pathText, shown } from '../../common/issue-text.ts';
import type { Word } from './arguments.ts';
import { isFields, propertyOf, type JsonSchema } from './json-schema.ts';
import { typed, typedList } from './typed.ts';

export interface Assembled {
  readonly value: unknown;
  /** One line each. */
  readonly faults: readonly string[];
}

/** @param schema what the keys are typed by; `{}`: a value is JSON if it can be, else text */
export function assemble(words: readonly Word[], schema: JsonSchema): Assembled {
  const faults: string[] = [];
  const value: Record<string, unknown> = {};
  for (const word of words) {
    if (!('value' in word)) continue;
    if (isFields(word.value)) Object.assign(value, structuredClone(word.value));
    else faults.push(`argument ${word.position}: must be an object of parameters, got ${shown(word.value)}`);
  }
  for (const [path, texts] of keysOf(words, schema)) {
    const property = path.reduce<JsonSchema | undefined>((at, name) => propertyOf(at, name), schema) ?? {};
    const list = texts.length > 1 ? typedList(texts, property) : undefined;
    if (texts.length > 1 && !list)
      faults.push(`${pathText(path)}: is given ${texts.length} times, got ${shown(texts)}`);
    const one = list ?? typed(texts.at(-1) ?? '', property);
    if (!place(value, path, one)) faults.push(`${pathText(path)}: is no part of an object, got ${shown(one)}`);
  }
  return { value, faults };
}

/** What was given for each key, in order. `a.b` is a property of `a`, unless one is called just so. */
function keysOf(words: readonly Word[], schema: JsonSchema): Iterable<[path: string[], texts: string[]]> {
  const keys = new Map<string, [string[], string[]]>();
  for (const word of words) {
    if (!('key' in word)) continue;
    const { key, text } = word;
    const path = schema.properties && Object.hasOwn(schema.properties, key) ? [key] : key.split('.');
    const known = keys.get(key);
    if (known) known[1].push(text);
    else keys.set(key, [path, [text]]);
  }
  return keys.values();
}

function place(target: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    set(target, name, value);
    return true;
  }
  const inner = Object.hasOwn(target, name) ? target[name] : {};
  if (!isFields(inner)) return false;
  set(target, name, inner);
  return place(inner, rest, value);
}

/** Also a key called `__proto__` is only a key. */
const set = (target: object, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
