/** What fields say about each other. Runs only on a spec whose fields are each right. */
import { posix } from 'node:path';
import type { PodSpec } from '../contract/index.ts';
import { shown } from '../common/issue-text.ts';
import { quantity } from '../common/quantity.ts';
import { objectsIn } from '../pod/walk.ts';
import { DEFAULT_TIMEOUTS, LONGEST_DRAIN, LONGEST_DEBUG, mainContainerName } from '../contract/defaults.ts';
import { schemaProblems } from '../json-schema/schema.ts';
import { lengthOf } from './words.ts';

export function* togetherFaults(spec: PodSpec): Iterable<string> {
  yield* imageFaults(spec);
  yield* timeoutFaults(spec);
  yield* exitCodeFaults(spec);
  yield* retryFaults(spec);
  yield* amountFaults(spec);
  yield* keepFaults(spec);
  yield* resultFaults(spec);
}

function* imageFaults(spec: PodSpec): Iterable<string> {
  const { image, template, templateFile } = spec;
  const main = mainContainerName(spec);
  if (objectsIn(template?.spec?.initContainers).some(({ name }) => name === main))
    yield `mainContainer: is the name of an init container of the template, which decides nothing, got ${shown(main)}`;
  if (image || templateFile) return;
  if (objectsIn(template?.spec?.containers).some(({ name, image }) => name === main && image)) return;
  yield `image: is missing; the main container '${main}' needs one, here or in template.spec.containers`;
}

function* timeoutFaults({ timeouts = {} }: PodSpec): Iterable<string> {
  const { total = DEFAULT_TIMEOUTS.total, drain } = timeouts;
  const suffix = timeouts.total === undefined ? ', its default' : '';
  for (const field of ['schedule', 'start', 'init', 'imagePull', 'run', 'nodeLost'] as const)
    if (ms(timeouts[field]) > ms(total))
      yield `timeouts.${field}: is longer than timeouts.total (${total}${suffix}), which would end it first, got ${shown(timeouts[field])}`;
  if (ms(drain) > ms(LONGEST_DRAIN)) yield `timeouts.drain: must be at most ${LONGEST_DRAIN}, got ${shown(drain)}`;
}

function* exitCodeFaults({ exitCodes }: PodSpec): Iterable<string> {
  if (!exitCodes) return;
  const lists = Object.entries({ success: [0], ...exitCodes });
  for (const [n, [name, codes]] of lists.entries())
    for (const [other, others] of lists.slice(n + 1)) {
      const both = codes.find((code: number) => others?.includes(code));
      const isDefault = name === 'success' && exitCodes.success === undefined;
      if (both !== undefined)
        yield `exitCodes.${other}: a code has one meaning, and exitCodes.${name}${isDefault ? ' ([0] by default)' : ''} has it too, got ${both}`;
    }
}

function* retryFaults({ retries }: PodSpec): Iterable<string> {
  if (typeof retries !== 'object') return;
  const { delay, maxDelay } = retries;
  if (maxDelay !== undefined && ms(delay) > ms(maxDelay))
    yield `retries.maxDelay: is shorter than retries.delay (${delay}), got ${shown(maxDelay)}`;
}

function* amountFaults({ resources }: PodSpec): Iterable<string> {
  for (const [name, request] of Object.entries(resources?.requests ?? {})) {
    const limit = resources?.limits?.[name];
    if (typeof limit === 'string' && (quantity(request) ?? 0n) > (quantity(limit) ?? 0n))
      yield `resources.requests.${name}: is more than its limit (${limit}), got ${shown(request)}`;
  }
}

function* keepFaults({ keepFor, onFinish = 'delete', onCancel, keepForDebug }: PodSpec): Iterable<string> {
  if (keepForDebug !== undefined && ms(keepForDebug) > ms(LONGEST_DEBUG))
    yield `keepForDebug: is longer than a pod is kept for anybody (${LONGEST_DEBUG}), got ${shown(keepForDebug)}`;
  if (keepFor === undefined || onFinish !== 'delete' || onCancel === 'keep' || keepForDebug !== undefined) return;
  yield `keepFor: nothing is kept: it needs onFinish "keep" or "keepFailed", onCancel "keep" or keepForDebug, got ${shown(keepFor)}`;
}

function* resultFaults(spec: PodSpec): Iterable<string> {
  const { result, logs } = spec;
  if (!result) return;
  if (result.schema !== undefined) yield* schemaProblems(result.schema);
  const main = mainContainerName(spec);
  if (result.from === 'log' && Array.isArray(logs?.containers) && !logs.containers.includes(main))
    yield `logs.containers: leaves out '${main}', whose log the result comes from, got ${shown(logs.containers)}`;
  if (result.from === 'file') yield* folderFaults(spec, result.path);
}

/** Folders that every image has; a folder is mounted over the one that the result is in. */
const SYSTEM =
  /^\/((bin|boot|etc|home|lib|lib64|opt|root|run|sbin|srv|usr|var)|usr\/(bin|lib|local|sbin|share)|usr\/local\/(bin|lib)|var\/lib)?$/;

function* folderFaults(spec: PodSpec, path: string): Iterable<string> {
  const folder = posix.dirname(posix.normalize(path));
  if (!SYSTEM.test(folder) || spec.templateFile) return;
  const main = objectsIn(spec.template?.spec?.containers).find(({ name }) => name === mainContainerName(spec));
  const mounts = [...objectsIn(spec.volumeMounts), ...objectsIn(main?.['volumeMounts'])];
  if (mounts.some(({ mountPath }) => `${folder}/`.startsWith(posix.normalize(`${mountPath as string}/`)))) return;
  yield `result.path: a folder of its own is mounted over ${folder}, which would hide what the image has there; choose one as /result/out.json, got ${shown(path)}`;
}

const ms = (duration: unknown): number => lengthOf(duration) ?? 0;
