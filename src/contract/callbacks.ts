/** The author's own code in the worker. */
import type { V1Pod } from './kubernetes.ts';
import type { PodEnd } from './record.ts';

/** What a callback is told about where it is. */
export interface CallbackContext {
  readonly task: string;
  readonly try: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
}

/** One line of a container's log. */
export interface CallbackLine {
  container: string;
  /** RFC 3339 with nanoseconds, as Kubernetes wrote it down. */
  timestamp: string;
  /** Without its newline; bytes that are not UTF-8 are U+FFFD. */
  text: string;
  level?: 'debug' | 'info' | 'warn' | 'error';
}

/**
 * A pod outlives workers, so whatever is called here may be called again by the next worker, for the same pod: it must bear repetition.
 * What it throws is reported in the result's or failure's `problems`, and never loses a pod. Objects that it is given are copies.
 */
export interface PodCallbacks {
  /**
   * Changes the manifest in place, or returns another one; before identity and policy, which have the last word. An error, or no answer
   * within 10 s, refuses the pod (`CallbackFailed`): nothing was created then.
   * Secrets by reference only: a dry run puts the manifest into a history.
   */
  beforeCreate?(manifest: V1Pod, context: CallbackContext): V1Pod | void | Promise<V1Pod | void>;
  /** The main container runs. Waited for, at most 30 s. Not called for a pod that was never seen to run. */
  onStart?(pod: V1Pod, context: CallbackContext): void | Promise<void>;
  /** A line was stored. Not waited for. */
  onLogLine?(line: CallbackLine, context: CallbackContext): void;
  /** For the worker's own log (`logs.print`): the line as it is to be shown. The stored log keeps the line as it came. */
  formatLine?(line: CallbackLine, context: CallbackContext): string;
  /** The end is known, recorded next, and the pod not yet deleted. Waited for, at most 30 s. Not called for a cancelled task. */
  onEnd?(end: PodEnd, context: CallbackContext): void | Promise<void>;
}

/** Callbacks by the names by which a spec asks for them (`callbacks: ['audit']`): the default export of `TEMPORAL_PODS_CALLBACKS`. */
export type CallbackRegistry = Readonly<Record<string, PodCallbacks>>;

export const CALLBACK_NAMES = [
  'beforeCreate',
  'onStart',
  'onLogLine',
  'formatLine',
  'onEnd',
] as const satisfies (keyof PodCallbacks)[];
