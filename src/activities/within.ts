/** Waiting for what an author's code promises: not for ever, and not beyond the end of this attempt. */
import { Context } from '@temporalio/activity';
import { pause } from './pause.ts';

/** This attempt is to end, and does not wait for other people's code. */
export class Interrupted extends Error {}

/**
 * What becomes of the work after that is not heard.
 *
 * @throws Interrupted, or whatever the work throws
 */
export async function within<T>(limitMs: number, work: () => T | Promise<T>): Promise<T> {
  const { cancellationSignal } = Context.current();
  const settled = new AbortController();
  const tooLong = async (): Promise<never> => {
    await pause(limitMs, AbortSignal.any([cancellationSignal, settled.signal]));
    if (cancellationSignal.aborted) throw new Interrupted();
    throw new Error(`it did not end within ${limitMs / 1000} s, and is not waited for any longer`);
  };
  try {
    return await Promise.race([(async () => work())(), tooLong()]);
  } finally {
    settled.abort();
  }
}
