/**
 * The manifest as it may really be: an author's template is not checked against Kubernetes' types here, so nothing is taken for granted.
 * What has the wrong form is passed over: the API server refuses it.
 */
import type { V1Container, V1Pod, V1Volume } from '@kubernetes/client-node';

export interface Placed<T> {
  /** `spec.initContainers[0]`. */
  path: string;
  item: T;
}

/** The objects of a list, with where they stand. */
export function placed<T>(path: string, list: readonly T[] | null | undefined): Placed<T>[] {
  if (!Array.isArray(list)) return [];
  return (list as T[]).flatMap((item, at) => (isObject(item) ? [{ path: `${path}[${at}]`, item }] : []));
}

/** All that run or may run: init containers and sidecars too, and those that no new pod may have. */
export function containersOf({ spec }: V1Pod): Placed<V1Container>[] {
  return [
    ...placed('spec.initContainers', spec?.initContainers),
    ...placed('spec.containers', spec?.containers),
    ...placed('spec.ephemeralContainers', spec?.ephemeralContainers),
  ];
}

export const volumesOf = ({ spec }: V1Pod): Placed<V1Volume>[] => placed('spec.volumes', spec?.volumes);

/** Keys and values that are there: `null` is Kubernetes' nothing. */
export const entries = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value).filter(([, one]) => one !== undefined && one !== null) : [];

export const keys = (value: unknown): string[] => entries(value).map(([key]) => key);

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What a field says when it is not there, or is not a text. */
export const textOf = (value: unknown, absent = ''): string => (typeof value === 'string' ? value : absent);
