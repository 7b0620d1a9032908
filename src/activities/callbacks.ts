/**
 * The author's own code in the worker, registered by name and asked for by a spec. It may be called again by a later attempt, so it
 * must bear repetition. What it throws is reported and never loses a pod; only `beforeCreate` can stop one from being made.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { log } from '@temporalio/activity';
import type { PodEnd } from '../types.ts';
import { failNow } from './failure.ts';

/** What a callback is told about where it is. */
export interface CallbackContext {
  task: string;
  try: number;
  workflowId: string;
  runId: string;
  activityId: string;
}

export interface CallbackLine {
  container: string;
  /** RFC 3339 with nanoseconds, as Kubernetes wrote it down. */
  timestamp: string;
  /** Without its newline; bytes that are not UTF-8 are U+FFFD. */
  text: string;
  level?: 'debug' | 'info' | 'warn' | 'error';
}

export interface PodCallbacks {
  /** Changes the manifest in place, or returns another one, before identity and policy. An error refuses the pod (`CallbackFailed`). */
  beforeCreate?(manifest: V1Pod, context: CallbackContext): V1Pod | void | Promise<V1Pod | void>;
  /** The main container runs. */
  onStart?(pod: V1Pod, context: CallbackContext): void | Promise<void>;
  /** A line was stored. Not awaited. */
  onLogLine?(line: CallbackLine, context: CallbackContext): void;
  /** For the worker's own log (`logs.print`): the line as it is to be shown. The stored log keeps the line as it came. */
  formatLine?(line: CallbackLine, context: CallbackContext): string;
  /** The end is known, recorded next, and the pod not yet deleted. */
  onEnd?(end: PodEnd, context: CallbackContext): void | Promise<void>;
}

export const CALLBACK_NAMES = [
  'beforeCreate',
  'onStart',
  'onLogLine',
  'formatLine',
  'onEnd',
] as const satisfies (keyof PodCallbacks)[];

export type CallbackRegistry = Readonly<Record<string, PodCallbacks>>;

const PROBLEMS = 5;

/** The callbacks of one spec, in its order. */
export class Callbacks {
  readonly #named: [name: string, callbacks: PodCallbacks][];
  readonly #context: CallbackContext;
  readonly #problems: string[] = [];

  /** @throws ApplicationFailure `InvalidSpec` for a name that is not registered */
  constructor(registry: CallbackRegistry, names: readonly string[], context: CallbackContext) {
    this.#context = context;
    this.#named = names.map((name) => {
      const callbacks = Object.hasOwn(registry, name) ? registry[name] : undefined;
      if (callbacks) return [name, callbacks];
      const known = Object.keys(registry).join(', ') || 'none';
      throw failNow('InvalidSpec', `callbacks: this worker has no callback ${JSON.stringify(name)}; it has ${known}`);
    });
  }

  /** What was thrown so far, for result and failure. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  wants(what: keyof PodCallbacks): boolean {
    return this.#named.some(([, callbacks]) => callbacks[what] !== undefined);
  }

  /** @throws ApplicationFailure `CallbackFailed` */
  async beforeCreate(manifest: V1Pod): Promise<V1Pod> {
    let pod = manifest;
    for (const [name, callbacks] of this.#named) {
      try {
        pod = (await callbacks.beforeCreate?.(pod, this.#context)) ?? pod;
      } catch (error) {
        throw failNow('CallbackFailed', `callback ${name}.beforeCreate: ${String(error)}`, { gone: true });
      }
    }
    return pod;
  }

  onStart(pod: V1Pod): Promise<void> {
    return this.#each('onStart', (callbacks) => callbacks.onStart?.(pod, this.#context));
  }

  onLogLine(line: CallbackLine): void {
    for (const [name, callbacks] of this.#named) {
      try {
        callbacks.onLogLine?.(line, this.#context);
      } catch (error) {
        this.#report(`${name}.onLogLine`, error);
      }
    }
  }

  formatLine(line: CallbackLine): string {
    let { text } = line;
    for (const [name, callbacks] of this.#named) {
      try {
        text = callbacks.formatLine?.({ ...line, text }, this.#context) ?? text;
      } catch (error) {
        this.#report(`${name}.formatLine`, error);
      }
    }
    return text;
  }

  onEnd(end: PodEnd): Promise<void> {
    return this.#each('onEnd', (callbacks) => callbacks.onEnd?.(end, this.#context));
  }

  async #each(what: string, call: (callbacks: PodCallbacks) => void | Promise<void>): Promise<void> {
    for (const [name, callbacks] of this.#named) {
      try {
        await call(callbacks);
      } catch (error) {
        this.#report(`${name}.${what}`, error);
      }
    }
  }

  /** The first few go into the result; all are in the worker's log. */
  #report(what: string, error: unknown): void {
    const problem = `callback ${what}: ${String(error)}`;
    log.warn(problem);
    if (this.#problems.length < PROBLEMS && !this.#problems.includes(problem)) this.#problems.push(problem);
  }
}
