/** How workers run beside each other, and how what they take is given back. */
import type { Worker } from '@temporalio/worker';
import { messageOf } from '../common/message-of.ts';
import { pause } from '../common/pause.ts';
import { infrastructure } from '../common/problem.ts';

const PATIENCE_MS = 3_000;

/** What the work takes is given back afterwards, in reverse order. @throws the first error: a later one never hides the cause */
export async function withResources<T>(work: (resources: AsyncDisposableStack) => Promise<T>): Promise<T> {
  try {
    await using resources = new AsyncDisposableStack();
    return await work(resources);
  } catch (error) {
    throw firstOf(error);
  }
}

/** Of a SuppressedError, `error` is the later one. */
const firstOf = (error: unknown): unknown => (error instanceof SuppressedError ? firstOf(error.suppressed) : error);

type Runnable = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

export interface Together {
  /** Rejects when the process is not to be trusted any longer. */
  fault?: Promise<never>;
  ready?: () => void;
  /** What the SDK's workers have last said they fail of. */
  cause?: () => Error | undefined;
  /** For a worker that has failed to end. */
  patienceMs?: number;
}

/**
 * Runs them until all have stopped. When one has stopped or failed, or there is a fault, the others are told to stop too.
 *
 * @throws the first of these errors
 */
export async function runTogether(
  workers: readonly Runnable[],
  {
    fault = new Promise<never>(() => undefined),
    ready = () => undefined,
    cause = () => undefined,
    patienceMs = PATIENCE_MS,
  }: Together = {},
): Promise<void> {
  const running = workers.map((worker) => runToItsEnd(worker, cause, patienceMs));
  try {
    ready();
    await Promise.race([...running, fault]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
  }
  // One that failed later, on its way to the end.
  await Promise.all(running);
}

/**
 * Of a worker that cannot poll any longer (its namespace is gone, its rights are), `run()` waits for ever for its other polls; of one
 * that does not stop in time it tells that it is still in use. The SDK gives the cause to its log only.
 */
async function runToItsEnd(worker: Runnable, cause: () => Error | undefined, patienceMs: number): Promise<void> {
  const ended = new AbortController();
  const stuck = async (): Promise<never> => {
    while (worker.getState() !== 'FAILED' && !ended.signal.aborted) await pause(patienceMs, ended.signal);
    await pause(patienceMs, ended.signal);
    throw new Error('it has failed and does not end');
  };
  try {
    await Promise.race([worker.run(), stuck()]);
  } catch (error) {
    const why = (worker.getState() === 'FAILED' && cause()) || error;
    throw infrastructure(`the worker cannot go on: ${messageOf(why)}`, why);
  } finally {
    ended.abort();
  }
}
