/** Waits for all; a failure is only passed on when nothing is under way any more, since the lock must outlast all work. */
export async function together(work: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
