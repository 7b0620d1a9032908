/** Variables: their names, their texts, and where else they come from. */
import { isObject, type Json } from '../common/is-object.ts';
import { pathText, shown } from '../common/issue-text.ts';
import { writtenAs } from '../common/yaml.ts';
import { placed } from '../pod/walk.ts';
import { typeFaults } from '../pod/kubernetes-types.ts';
import { keyFaults, LONGEST_TEXT } from './words.ts';

/** What Kubernetes takes in every version. */
const NAME = /^[A-Za-z_][\w.-]*$/;
/** By which a program can tell its own late writes from those of another pod. */
const OURS = 'TEMPORAL_PODS_';

/** What each source must say. */
const SOURCES = new Map([
  ['secretKeyRef', ['name', 'key']],
  ['configMapKeyRef', ['name', 'key']],
  ['fieldRef', ['fieldPath']],
  ['resourceFieldRef', ['resource']],
  ['fileKeyRef', ['volumeName', 'path', 'key']],
]);

/** The spec's `env`. */
export function* environmentFaults(env: unknown): Iterable<string> {
  if (env === undefined) return;
  if (!isObject(env)) yield `env: must be an object, got ${shown(env)}`;
  else
    for (const [name, value] of Object.entries(env)) {
      const at = pathText(['env', name]);
      yield* nameFaults(at, name);
      if (typeof value === 'string') yield* textFaults(at, name, value);
      else if (isObject(value)) yield* sourceFaults(at, value);
      else if (Array.isArray(value))
        yield `${at}: must be a string, null, or a reference ({ secretKeyRef: { name, key } }), got ${shown(value)}`;
      else if (value !== null && value !== undefined)
        yield numberFault(at, writtenAs(env, name) ?? JSON.stringify(value));
    }
}

const numberFault = (at: string, written: string) =>
  `${at}: must be a string, got ${written}; write it in quotes, ${JSON.stringify(written)}`;

/** A container's `env`; Kubernetes' types were looked at. */
export function* envFaults(at: string, env: unknown): Iterable<string> {
  yield* keyFaults(at, env);
  for (const { path, item } of placed(at, env)) {
    const { name, value, valueFrom } = item;
    if (typeof name !== 'string' || !name) continue;
    yield* nameFaults(path, name);
    if (typeof value === 'string') yield* textFaults(path, name, value);
    if (value && valueFrom) yield `${path}: has both value and valueFrom, got ${shown(value)}`;
  }
}

function* nameFaults(at: string, name: string): Iterable<string> {
  if (!NAME.test(name)) yield `${at}: is not a name for a variable, got ${shown(name)}`;
  else if (name.startsWith(OURS))
    yield `${at}: begins with ${OURS}, which is for what a pod is told about itself, got ${shown(name)}`;
}

function* textFaults(at: string, name: string, text: string): Iterable<string> {
  if (text.includes('\0')) yield `${at}: has a zero byte in it, which no program is given, got ${shown(text)}`;
  const bytes = Buffer.byteLength(`${name}=${text}`);
  if (bytes > LONGEST_TEXT)
    yield `${at}: has ${bytes} bytes with its name, more than the ${LONGEST_TEXT} that Linux takes, got ${shown(text)}`;
}

function* sourceFaults(at: string, source: Json): Iterable<string> {
  const known = [...SOURCES.keys()];
  if ('value' in source || 'valueFrom' in source)
    yield `${at}: must be the text or the reference itself, without value and valueFrom, got ${shown(source)}`;
  else {
    yield* typeFaults(source, 'V1EnvVarSource', at);
    const said = Object.keys(source).filter((kind) => source[kind] !== undefined && source[kind] !== null);
    if (said.length !== 1) yield `${at}: must have one of ${known.join(', ')}, got ${shown(source)}`;
    for (const kind of said)
      for (const field of SOURCES.get(kind) ?? []) {
        const reference = source[kind];
        if (isObject(reference) && !reference[field])
          yield `${at}.${kind}.${field}: is missing, got ${shown(reference)}`;
      }
  }
}
