/** Waiting for what an author's code promises: not for ever, and not beyond the end of this attempt. */
import { Context } from '@temporalio/activity';
import { pause } from '../common/pause.ts';

/** This attempt is to end, and does not wait for other people's code. */
export class Interrupted extends Error {}

/**
 * What becomes of the work after that is not heard.
 *
 * @param options.patient only the worker's shutdown interrupts it
 * @throws Interrupted, or whatever the work throws
 */
export async function within<T>(limitMs: number, work: () => T | Promise<T>, { patient = false } = {}): Promise<T> {
  const context = Context.current();
  const interrupted = new AbortController();
  const look = () => (!patient || context.cancellationDetails?.workerShutdown) && interrupted.abort();
  if (context.cancellationSignal.aborted) look();
  context.cancellationSignal.addEventListener('abort', look);
  const settled = new AbortController();
  const tooLong = async (): Promise<never> => {
    await pause(limitMs, AbortSignal.any([interrupted.signal, settled.signal]));
    if (interrupted.signal.aborted) throw new Interrupted();
    throw new Error(`it did not end within ${limitMs / 1000} s, and is not waited for any longer`);
  };
  try {
    return await Promise.race([(async () => work())(), tooLong()]);
  } finally {
    settled.abort();
    context.cancellationSignal.removeEventListener('abort', look);
  }
}
