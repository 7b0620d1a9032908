/** What a pod refers to by name, wherever Kubernetes lets it: Secrets, ConfigMaps, images. */
import type { V1Pod } from '@kubernetes/client-node';
import { isObject } from '../common/is-object.ts';
import { containersOf, valuesOf, volumesOf } from '../pod/walk.ts';
import type { Rules } from './rules.ts';
import { mustBeOneOf, fault, textOf } from './verdict.ts';

/**
 * Found by the field and not by the place: every driver of volumes has a place of its own, also in its free `volumeAttributes`, and
 * a later Kubernetes adds more.
 */
const SECRET = /^(secret|secretKeyRef|imagePullSecrets|.*[sS]ecretRef)$/;
const SECRET_NAME = /^secretName$|[-/.]secret-name$/;
/** Free maps, where drivers read what they like, in whatever case they like. */
const ATTRIBUTE = /\.(csi\.volumeAttributes|flexVolume\.options)\../;
const CONFIG_MAP = /^(configMap|configMapRef|configMapKeyRef)$/;

export function* referenceFaults(rules: Rules, { metadata, spec }: V1Pod): Iterable<string> {
  for (const { field, path, value } of valuesOf('spec', spec)) {
    if (ATTRIBUTE.test(path)) yield* attributeFaults(rules, path, field, value, textOf(metadata?.namespace, 'default'));
    else if (SECRET.test(field)) yield* named('secrets', path, value, rules.secrets);
    else if (SECRET_NAME.test(field)) yield* mustBeOneOf('secrets', path, textOf(value), rules.secrets);
    else if (CONFIG_MAP.test(field)) yield* named('configMaps', path, value, rules.configMaps);
  }
}

function* attributeFaults(
  { secrets }: Rules,
  path: string,
  field: string,
  value: unknown,
  namespace: string,
): Iterable<string> {
  const word = field.toLowerCase().replace(/[^a-z]/g, '');
  if (/secret(name|ref)?$/.test(word)) yield* mustBeOneOf('secrets', path, textOf(value), secrets);
  if (/secretnamespace$/.test(word) && value !== namespace)
    yield fault('secrets', path, value, 'is not the namespace of the pod');
}

/** A `secret` volume says `secretName`, which the walk finds by itself. */
function* named(rule: string, path: string, value: unknown, globs: readonly string[]): Iterable<string> {
  if (isObject(value) && 'name' in value) yield* mustBeOneOf(rule, `${path}.name`, textOf(value['name']), globs);
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;

export function* imageFaults({ images, imageDigestsOnly }: Rules, pod: V1Pod): Iterable<string> {
  const all = [
    ...containersOf(pod.spec).map(({ path, item }) => [`${path}.image`, item.image] as const),
    ...volumesOf(pod.spec).map(({ path, item }) => [`${path}.image.reference`, item.image?.reference] as const),
  ];
  for (const [path, image] of all) {
    if (typeof image !== 'string') continue;
    yield* mustBeOneOf('images', path, withTag(image), images);
    if (imageDigestsOnly && !DIGEST.test(image)) yield fault('imageDigestsOnly', path, image, 'must end in @sha256:…');
  }
}

/** What is pulled when none is said. The port of a registry is no tag. */
const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);
