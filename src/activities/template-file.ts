/** `templateFile`: a Pod as `kubectl apply` takes it, from the worker's own folder and from nowhere else. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { messageOf } from '../common/message-of.ts';
import { readYaml } from '../common/yaml.ts';
import { isObject, type Json } from '../common/is-object.ts';
import { shown } from '../common/issue-text.ts';

/** Message: field, file, what is wrong, and the value. */
export class TemplateFileFault extends Error {}

/** As much as a spec may have: to read more would hold up every other pod of the worker. */
const MAX_BYTES = 256 * 1024;
/** So many files are remembered. */
const MOST = 100;

/**
 * Its labels, annotations and spec. A name in it is ignored, since the pod's name is its identity; another namespace than the pod's
 * is refused, as `kubectl -n` refuses it.
 * @throws TemplateFileFault
 */
export async function readTemplateFile(file: string, folder: string | undefined, namespace: string): Promise<unknown> {
  const fault = (what: string) => new TemplateFileFault(`templateFile: ${JSON.stringify(file)} ${what}`);
  if (folder === undefined) throw fault('cannot be read: this worker has no folder of templates');
  const path = await inside(folder, file, fault);
  const text = await orFault(() => read(path), folder, fault);
  const content = parsedOnce(text);
  if ('wrong' in content) throw fault(content.wrong);
  return podOf(content.document, namespace, fault);
}

type Parsed = { document: unknown } | { wrong: string };

/** By text: a file is parsed once, and not for every pod. What is in here nobody changes. */
const parsed = new Map<string, Parsed>();

function parsedOnce(text: string): Parsed {
  const known = parsed.get(text) ?? parse(text);
  const [oldest] = parsed.keys();
  if (oldest !== undefined && parsed.size >= MOST) parsed.delete(oldest);
  parsed.set(text, known);
  return known;
}

function parse(text: string): Parsed {
  try {
    return { document: readYaml(text) };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}

type Fault = (what: string) => TemplateFileFault;

/** The real path, which a symbolic link must not lead out of the folder. */
async function inside(folder: string, file: string, fault: Fault): Promise<string> {
  const isOutside = (root: string, path: string) => {
    const way = relative(root, path);
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  // First by the words alone: what lies outside is nobody's to ask for, not even whether it is there.
  if (file.includes('\0') || isOutside(resolve(folder), resolve(folder, file)))
    throw fault("is not in the worker's folder of templates");
  const [root, path] = await orFault(
    () => Promise.all([realpath(folder), realpath(resolve(folder, file))]),
    folder,
    fault,
  );
  if (isOutside(root, path)) throw fault("is a link that leaves the worker's folder of templates");
  return path;
}

async function read(path: string): Promise<string> {
  const info = await stat(path);
  // Reading a pipe would wait for ever.
  if (!info.isFile()) throw new TypeError('it is no plain file');
  if (info.size > MAX_BYTES) throw new RangeError(`it has ${info.size} bytes, more than ${MAX_BYTES}`);
  return readFile(path, 'utf8');
}

/** A disk that answers badly for a moment is no fault of the spec: that is tried again. */
async function orFault<T>(work: () => Promise<T>, folder: string, fault: Fault): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const where = `cannot be read in the worker's folder of templates (${folder})`;
    if (code === 'ENOENT') throw fault(`${where}: there is no such file`);
    if (code === '' || FINAL.includes(code)) throw fault(`${where}: ${messageOf(error)}`);
    throw error;
  }
}

const FINAL = ['EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** `status` and `creationTimestamp`: `kubectl create --dry-run -o yaml` writes empty ones. */
function podOf(document: unknown, namespace: string, fault: Fault): unknown {
  if (!isObject(document)) throw fault(`must hold a Pod, got ${shown(document)}`);
  const { apiVersion, kind, metadata, spec, status, ...unknown } = document;
  if (kind !== 'Pod') throw fault(`kind: must be "Pod", got ${shown(kind)}`);
  if (apiVersion !== 'v1') throw fault(`apiVersion: must be "v1", got ${shown(apiVersion)}`);
  if (status !== undefined && status !== null && !(isObject(status) && Object.keys(status).length === 0))
    throw fault(`status: is for Kubernetes to say, got ${shown(status)}`);
  only(unknown, '', fault);
  if (metadata !== undefined && metadata !== null && !isObject(metadata))
    throw fault(`metadata: must be an object, got ${shown(metadata)}`);
  const { labels, annotations, name, generateName, namespace: theirs, creationTimestamp, ...more } = metadata ?? {};
  only(more, 'metadata.', fault);
  if (theirs !== undefined && theirs !== null && theirs !== namespace)
    throw fault(`metadata.namespace: the pod is to be in ${JSON.stringify(namespace)}, got ${shown(theirs)}`);
  // `spec:` with nothing behind it says nothing; as a directive, null would remove every layer below.
  return { metadata: { labels, annotations }, spec: spec ?? {} };
}

function only(unknown: Json, path: string, fault: Fault): void {
  const [first] = Object.entries(unknown);
  if (first) throw fault(`${path}${first[0]}: is not a field of a template, got ${shown(first[1])}`);
}
