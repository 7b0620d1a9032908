import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type ScalarTag,
  type YAMLParseError,
} from 'yaml';
import { messageOf } from './message-of.ts';

/** `0644` is a file mode, as kubectl reads it; YAML 1.2 alone would make it six hundred and forty-four. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0[0-7]+$/,
  resolve: (text) => parseInt(text, 8),
};

/** Each is looked up among all of them. */
const MOST_ALIASES = 1_000;

/**
 * The one document of a YAML text, as plain values. JSON is YAML, so this reads both.
 *
 * @param quotes whether a message may show what stands where the mistake is: an operator's file may hold secrets, its place says enough
 * @throws Error whose message goes on a sentence that begins with what was read: `… is not valid YAML or JSON: …`
 */
export function readYaml(text: string, { quotes = true } = {}): unknown {
  // The library compares each key with all before it: ours are looked up, below.
  const documents = parseAllDocuments(text, { merge: true, uniqueKeys: false, customTags: (tags) => [octal, ...tags] });
  const found = 'empty' in documents ? 0 : documents.length;
  const error = 'empty' in documents ? undefined : documents.flatMap((document) => document.errors)[0];
  if (error) throw malformed(quotes ? error : placeOf(error));
  const document = 'empty' in documents ? undefined : documents[0];
  if (found !== 1 || !document)
    throw new Error(`holds ${found === 0 ? 'nothing' : `${found} YAML documents`}; it must be exactly one`);
  try {
    mustBeReadable(document, text);
    // Plain values only: what JSON cannot say would not arrive as it was sent.
    const value = JSON.parse(JSON.stringify(document.toJS())) as unknown;
    remember(document.contents, value);
    return value;
  } catch (thrown) {
    throw malformed(thrown);
  }
}

function placeOf({ code, linePos }: YAMLParseError): string {
  const at = linePos?.[0];
  return at ? `${code} at line ${at.line}, column ${at.col}` : code;
}

function mustBeReadable(document: Document, text: string): void {
  let aliases = 0;
  visit(document, {
    Alias: () => {
      if (++aliases > MOST_ALIASES) throw new Error(`it has more than ${MOST_ALIASES} aliases`);
    },
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        // A map may have several merge keys, which are symbols.
        const name = typeof key.value === 'symbol' ? key.value : String(key.value);
        if (seen.has(name)) throw new Error(`Map keys must be unique${positionOf(text, key.range?.[0])}`);
        seen.add(name);
      }
    },
  });
}

/** As the library says it. */
function positionOf(text: string, offset: number | undefined): string {
  if (offset === undefined) return '';
  const lines = text.slice(0, offset).split('\n');
  return ` at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

/** By object or list that was read, and by key or index. */
const sources = new WeakMap<object, Map<string, string>>();

/**
 * How a value without quotes was written, where that is more than its value tells: of `VERSION: 1.10` the value is 1.1. Undefined
 * where it is not known, as for an object that no YAML was read into.
 */
export const writtenAs = (holder: unknown, key: PropertyKey): string | undefined =>
  typeof holder === 'object' && holder !== null ? sources.get(holder)?.get(String(key)) : undefined;

/** Walks the nodes beside the values that were made of them. Where the two part (aliases, merged keys), nothing is known. */
function remember(node: unknown, value: unknown): void {
  if (isAlias(node) || typeof value !== 'object' || value === null) return;
  const items: [name: string, item: unknown][] = isSeq(node)
    ? node.items.map((item, at) => [String(at), item])
    : isMap(node)
      ? node.items.map(({ key, value: item }) => [isScalar(key) ? String(key.value) : '', item])
      : [];
  for (const [name, item] of items) {
    if (!Object.hasOwn(value, name)) continue;
    const made = (value as Record<string, unknown>)[name];
    remember(item, made);
    if (!isScalar(item) || typeof item.value === 'string' || item.source === undefined) continue;
    if (item.source === JSON.stringify(made)) continue;
    const known = sources.get(value) ?? new Map<string, string>();
    sources.set(value, known.set(name, item.source));
  }
}

const malformed = (error: unknown) =>
  new Error(`is not valid YAML or JSON: ${messageOf(error).trimEnd().replaceAll('\n', '\n  ')}`);
