import type { V1Pod } from '@kubernetes/client-node';
import { containersOf, volumesOf } from './reading.ts';
import type { Rules } from './rules.ts';
import { fault, mustBeOneOf } from './verdict.ts';

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
