import type { V1Pod } from '@kubernetes/client-node';
import { milliseconds } from '../common/duration.ts';
import { DEFAULT_GRACE } from '../contract/defaults.ts';

/** The grace of a pod that is there, whatever a newer spec says. */
export const graceOf = (pod: V1Pod | undefined): number =>
  pod?.spec?.terminationGracePeriodSeconds ?? milliseconds(DEFAULT_GRACE) / 1000;
