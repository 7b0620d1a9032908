/** Like Promise.all, but a failure is only passed on when nothing is under way any more: the lock must outlast all work. */
export async function together<T extends readonly unknown[]>(
  work: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((one): one is PromiseRejectedResult => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(work) as unknown as Promise<T>;
}
