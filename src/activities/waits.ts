/**
 * How long an attempt waits for what it can do without, in ms. Each is a bound that is reached only when something else is slow or
 * away; no task can be told another one, and tests need not wait that long.
 */
import type { WatcherLimits } from '../kubernetes/pod-watcher.ts';

export interface Waits {
  /** For the answer to the last look at a pod before it is given up for what it has not done. */
  confirm: number;
  /** For the events that only help a reader. */
  events: number;
  /** For the watch to tell of a pod that was just created. */
  told: number;
  /** For the object of a pod that can run nothing any more: whoever set a finalizer takes it away within moments, as a rule. */
  held: number;
  /** For the last state of a pod that is gone: the watch tells it about when a read finds it gone. */
  lastWord: number;
  /** Between the looks before a deletion: one bad answer must not cost a pod the last lines of its log. */
  look: { firstMs: number; mostMs: number; tries: number };
  /** Default: the watcher's own. */
  watcher?: WatcherLimits;
}

export const WAITS: Waits = {
  confirm: 5_000,
  events: 3_000,
  told: 2_000,
  held: 3_000,
  lastWord: 2_000,
  look: { firstMs: 200, mostMs: 400, tries: 6 },
};

/** @param given those that are not the default */
export const waitsOf = (given: Partial<Waits> = {}): Waits => ({ ...WAITS, ...given });
