/** What callbacks threw, bounded: a callback that fails for every line of a log must flood neither the history nor the worker's log. */
import { log } from '@temporalio/activity';
import { messageOf } from '../common/message-of.ts';

const PROBLEMS = 5;
const LENGTH = 200;

export class CallbackProblems {
  /** By callback: the first problem, and how often there was one. */
  readonly #found = new Map<string, { message: string; times: number }>();

  report(callback: string, error: unknown): void {
    const found = this.#found.get(callback);
    if (found) {
      found.times++;
      return;
    }
    const message = `callback ${callback}: ${messageOf(error)}`;
    this.#found.set(callback, { message, times: 1 });
    log.warn(message, error instanceof Error ? { stack: error.stack } : {});
  }

  /** The first few, as they go into result and failure. */
  get list(): string[] {
    return [...this.#found.values()].slice(0, PROBLEMS).map(({ message, times }) => {
      const again = times > 1 ? ` (${times} times)` : '';
      return `${cut(message, LENGTH - again.length)}${again}`;
    });
  }
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
