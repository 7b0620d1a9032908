/** What a pod refers to by name, wherever Kubernetes lets it: Secrets, ConfigMaps, images. */
import type { V1Pod } from '@kubernetes/client-node';
import { isObject, textOf, containersOf, volumesOf } from './reading.ts';
import type { Rules } from './rules.ts';
import { mustBeOneOf, fault } from './verdict.ts';

/**
 * Found by the key and not by the place: every driver of volumes has a place of its own, also in its free `volumeAttributes`, and
 * a later Kubernetes adds more.
 */
const SECRET = /^(secret|secretKeyRef|imagePullSecrets|.*[sS]ecretRef)$/;
const SECRET_NAME = /^secretName$|[-/.]secret-name$/;
const CONFIG_MAP = /^(configMap|configMapRef|configMapKeyRef)$/;

export function* referenceFaults(rules: Rules, { spec }: V1Pod): Iterable<string> {
  for (const { key, path, value } of walk('spec', spec)) {
    if (SECRET.test(key)) yield* named('secrets', path, value, rules.secrets);
    else if (SECRET_NAME.test(key)) yield* mustBeOneOf('secrets', path, textOf(value), rules.secrets);
    else if (CONFIG_MAP.test(key)) yield* named('configMaps', path, value, rules.configMaps);
  }
}

/** A `secret` volume says `secretName`, which the walk finds by itself. */
function* named(rule: string, path: string, value: unknown, globs: readonly string[]): Iterable<string> {
  if (isObject(value) && 'name' in value) yield* mustBeOneOf(rule, `${path}.name`, textOf(value.name), globs);
}

/** Every value, with the key it stands under; the entries of a list stand under the list's. */
function* walk(path: string, value: unknown, key = ''): Iterable<{ key: string; path: string; value: unknown }> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* walk(`${path}[${at}]`, item, key);
    return;
  }
  if (value === undefined || value === null) return;
  if (key) yield { key, path, value };
  if (isObject(value)) for (const [next, item] of Object.entries(value)) yield* walk(`${path}.${next}`, item, next);
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;

export function* imageFaults({ images, imageDigestsOnly }: Rules, pod: V1Pod): Iterable<string> {
  const all = [
    ...containersOf(pod).map(({ path, item }) => [`${path}.image`, item.image] as const),
    ...volumesOf(pod).map(({ path, item }) => [`${path}.image.reference`, item.image?.reference] as const),
  ];
  for (const [path, image] of all) {
    if (typeof image !== 'string') continue;
    yield* mustBeOneOf('images', path, withTag(image), images);
    if (imageDigestsOnly && !DIGEST.test(image)) yield fault('imageDigestsOnly', path, image, 'must end in @sha256:…');
  }
}

/** What is pulled when none is said. The port of a registry is no tag. */
const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);
