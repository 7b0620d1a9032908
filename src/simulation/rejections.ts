/**
 * Promises of workflow code that nobody catches. They fail the workflow task, as in a worker; the process that simulates, a test runner
 * mostly, hears of all others as ever, and of these not.
 */

export type OnRejection = (error: unknown) => void;
type Listener = (error: unknown, promise: Promise<unknown>) => void;

const EVENT = 'unhandledRejection';
/** By runId. */
const attended = new Map<string, OnRejection>();
let others: Listener[] = [];

/** From now on, until the function that it returns is called. */
export function attend(runId: string, onRejection: OnRejection): () => void {
  if (attended.size === 0) {
    others = process.listeners(EVENT);
    process.removeAllListeners(EVENT);
    process.on(EVENT, listener);
  }
  attended.set(runId, onRejection);
  return () => {
    attended.delete(runId);
    if (attended.size > 0) return;
    process.off(EVENT, listener);
    for (const other of others) process.on(EVENT, other);
  };
}

const listener: Listener = (error, promise) => {
  const ours = attended.get(runOf(promise) ?? '');
  if (ours) ours(error);
  else if (others.length === 0) throw error;
  else for (const other of others) other(error, promise);
};

/** Each sandbox has a global of its own, and there the run whose code is running. */
function runOf(promise: Promise<unknown>): string | undefined {
  type Global = { __TEMPORAL_ACTIVATOR__?: { info?: { runId?: string } } };
  type FunctionOf = (code: string) => () => Global;
  const global = (promise.constructor.constructor as FunctionOf)('return globalThis')();
  return global.__TEMPORAL_ACTIVATOR__?.info?.runId;
}
