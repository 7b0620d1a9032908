/**
 * What the work makes of each item, in their order, at most so many at once.
 *
 * @throws what one of them threw first; no other is begun after that
 */
export async function mapAtOnce<T, R>(most: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  // One for all: who leaves it by an error ends it for the others too.
  const left = (function* () {
    yield* items.entries();
  })();
  const worker = async () => {
    for (const [at, item] of left) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}

/**
 * Does the work for each item, at most so many at once, and for all of them whatever becomes of one.
 *
 * @throws what the first one threw that failed, when all are done
 */
export async function atOnce<T>(most: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  await mapAtOnce(most, items, (item) => work(item).catch((error: unknown) => void failures.push(error)));
  if (failures.length > 0) throw failures[0];
}
