/** A word for who waits: what takes longer than a person expects says what it is at. */

/** So long nobody asks what goes on. */
const QUIET_MS = 1_000;

/** @param text said once, on stderr, when the work has not ended after `quietMs` (default: a second) */
export async function tellIfSlow<T>(
  text: string,
  work: () => Promise<T>,
  {
    quietMs = QUIET_MS,
    stderr = process.stderr,
  }: { quietMs?: number; stderr?: Pick<NodeJS.WriteStream, 'write'> } = {},
): Promise<T> {
  const timer = setTimeout(() => stderr.write(`${text}\n`), quietMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
