// Imported as a whole: only so can a test's mock timers stand in for it.
import timers from 'node:timers/promises';

/** Waits `ms` milliseconds, or less when the signal fires: it resolves then too. The caller looks at what has changed. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // A timer longer than this fires at once (32-bit milliseconds).
  const bounded = Math.min(Math.max(ms, 0), 2 ** 31 - 1);
  await timers.setTimeout(bounded, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Does the work again and again, with a pause after each time, until the signal fires. @throws what the work throws */
export async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (; !signal.aborted; await pause(ms, signal)) await work();
}
