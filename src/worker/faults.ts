/**
 * Errors that no code awaits or catches. An author's callback may leave one behind, and no pod shall change workers for that; any other
 * one is a fault of the worker itself, which cannot be trusted any longer.
 */
import type { Logger } from '@temporalio/common';
import { runningCallback } from '../config/callbacks.ts';
import { messageOf } from '../common/message-of.ts';
import { infrastructure } from '../common/problem.ts';

/**
 * Listens for the rest of the process's life, since what was left behind may fail later than everything else.
 *
 * @returns rejects with a Problem at the first fault of the worker itself
 */
export function watchForFaults(logger: Logger): Promise<never> {
  const { promise: fault, reject } = Promise.withResolvers<never>();
  fault.catch(() => undefined);
  const heard = (what: string) => (error: unknown) => {
    const callback = runningCallback();
    const said = `${what}: ${messageOf(error)}`;
    const stack = error instanceof Error ? error.stack : undefined;
    if (callback !== undefined) {
      logger.error(`callback ${callback} left behind ${said}`, { stack });
      return;
    }
    logger.error(`this worker has a fault: ${said}`, { stack });
    // Also when nothing waits for the fault any more.
    process.exitCode = 3;
    reject(infrastructure(`a fault of the worker itself, so it ends; its pods live on: ${said}`, error));
  };
  process.on('unhandledRejection', heard('a promise that nothing awaits and that was rejected'));
  process.on('uncaughtException', heard('an exception that nothing caught'));
  return fault;
}
