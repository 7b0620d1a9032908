/** What the parts of a pod are called, and how long it may take to end, when nobody says. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../contract/index.ts';

export const DEFAULT_MAIN_CONTAINER = 'base';
export const DEFAULT_GRACE_SECONDS = 30;

export const mainContainerName = (spec: Pick<PodSpec, 'mainContainer'>): string =>
  spec.mainContainer ?? DEFAULT_MAIN_CONTAINER;

/** The grace of a pod that is there, whatever a newer spec says. */
export const graceOf = (pod: V1Pod | undefined): number =>
  pod?.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
