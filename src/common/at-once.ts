/**
 * Does the work for each item, at most so many at once, and for all of them whatever becomes of one.
 *
 * @throws what the first one threw that failed, when all are done
 */
export async function atOnce<T>(most: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      await work(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(most, left.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
