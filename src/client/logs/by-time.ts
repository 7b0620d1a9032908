/** Several streams, each in its own order, as one in the order of time. */

interface Head<T> {
  readonly stream: AsyncIterator<T>;
  readonly value: T;
  readonly time: bigint;
}

/** Holds one entry of each. Of two of the same time the earlier stream's goes first. */
export async function* byTime<T>(
  streams: readonly AsyncIterable<T>[],
  timeOf: (value: T) => bigint,
): AsyncGenerator<T> {
  const next = async (stream: AsyncIterator<T>): Promise<Head<T> | undefined> => {
    const next = await stream.next();
    return next.done ? undefined : { stream, value: next.value, time: timeOf(next.value) };
  };
  const heads: (Head<T> | undefined)[] = [];
  for (const stream of streams) heads.push(await next(stream[Symbol.asyncIterator]()));
  for (;;) {
    let first: number | undefined;
    for (const [at, head] of heads.entries())
      if (head && (first === undefined || head.time < (heads[first]?.time ?? 0n))) first = at;
    const head = first === undefined ? undefined : heads[first];
    if (first === undefined || !head) return;
    yield head.value;
    heads[first] = await next(head.stream);
  }
}
