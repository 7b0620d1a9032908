/**
 * How long a pod may take for what, with the defaults. All of it is absolute, or a length that counts from a time in the pod's own
 * status: an attempt that takes over finds the clocks where they were.
 */
import type { V1Pod } from '@kubernetes/client-node';
import {
  DEFAULT_TIMEOUTS as DEFAULTS,
  LONGEST_DRAIN,
  SHORTEST_NODE_LOST,
  DEFAULT_GRACE,
} from '../contract/defaults.ts';
import type { Duration, PodSpec, PodTimeouts } from '../contract/index.ts';
import { milliseconds } from '../common/duration.ts';

export interface Deadlines {
  /** ms since the epoch: the pod must have its node. */
  schedule: number;
  /** ms since the epoch: everything must be over. */
  total: number;
  /** The others are lengths, in ms. */
  start: number;
  init?: number;
  imagePull: number;
  run?: number;
  nodeLost: number;
  drain: number;
  terminate: number;
  /** As the author wrote it or by default, for messages. */
  said: Readonly<Record<keyof PodTimeouts, string>>;
}

/** @param scheduledAt when the activity was scheduled, in ms since the epoch: the same for all its attempts */
export function deadlines({ timeouts }: PodSpec, scheduledAt: number): Deadlines {
  const given = (key: keyof typeof DEFAULTS): number => milliseconds(timeouts?.[key] ?? DEFAULTS[key]);
  const total = scheduledAt + given('total');
  return {
    schedule: Math.min(total, scheduledAt + given('schedule')),
    total,
    start: given('start'),
    ...(timeouts?.init !== undefined && { init: milliseconds(timeouts.init) }),
    imagePull: given('imagePull'),
    ...(timeouts?.run !== undefined && { run: milliseconds(timeouts.run) }),
    nodeLost: Math.max(given('nodeLost'), milliseconds(SHORTEST_NODE_LOST)),
    drain: Math.min(given('drain'), milliseconds(LONGEST_DRAIN)),
    terminate: given('terminate'),
    said: saidBy(timeouts),
  };
}

/** `timeouts.run (90s)`. */
export const nameOf = (key: keyof PodTimeouts, { said }: Deadlines): string => `timeouts.${key} (${said[key]})`;

function saidBy(timeouts: PodTimeouts = {}): Record<keyof PodTimeouts, string> {
  const text = (length: Duration | undefined) =>
    typeof length === 'number' ? `${length / 1000}s` : (length ?? 'none');
  const keys = ['schedule', 'start', 'init', 'imagePull', 'run', 'total', 'nodeLost', 'drain', 'terminate'] as const;
  const all: PodTimeouts = { ...DEFAULTS, ...timeouts };
  return Object.fromEntries(keys.map((key) => [key, text(all[key])])) as Record<keyof PodTimeouts, string>;
}

/** The grace of a pod that is there, whatever a newer spec says. */
export const graceOf = (pod: V1Pod | undefined): number =>
  pod?.spec?.terminationGracePeriodSeconds ?? milliseconds(DEFAULT_GRACE) / 1000;
