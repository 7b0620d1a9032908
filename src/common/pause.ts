/** Waits `ms` milliseconds, or less when the signal fires: it resolves then too. The caller looks at what has changed. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // A timer longer than this fires at once (32-bit milliseconds).
  const bounded = Math.min(Math.max(ms, 0), 2 ** 31 - 1);
  // Not that of node:timers/promises: it makes an error with a stack for each wait that is cut short, and most are.
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, bounded);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Does the work again and again, with a pause after each time, until the signal fires. @throws what the work throws */
export async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (; !signal.aborted; await pause(ms, signal)) await work();
}
