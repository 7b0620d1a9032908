import { pause } from './pause.ts';

/**
 * One call of the work for all who ask before it begins: each of them gets an answer that is younger than the question. Between two
 * calls is a pause, as long as the last one took: a slow server is busy with them half of the time at most.
 *
 * @param leastMs the shortest pause: who asks within it waits, and shares the next call with others
 * @returns the answer, or the error, of that call
 */
export function shared<T>(work: () => Promise<T>, leastMs = 0): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let freeAt = 0;
  let next: Promise<T> | undefined;
  async function call(): Promise<T> {
    await running;
    await pause(freeAt - performance.now());
    // Who asks from here on needs another one.
    next = undefined;
    const began = performance.now();
    const answer = work();
    running = answer
      .catch(() => undefined)
      .finally(() => {
        const ended = performance.now();
        freeAt = ended + Math.max(ended - began, leastMs);
      });
    return answer;
  }
  return () => (next ??= call());
}
