import { watch, type FSWatcher } from 'node:fs';
import { pause } from '../common/pause.ts';

/**
 * Shortens the pauses of who looks at a folder again and again: its own files tell when they change. No more than that: a network
 * file system tells nothing of what another machine writes, and a machine has only so many watches; then a pause is a pause.
 */
export class FolderChanges {
  readonly #folder: string;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake = new AbortController();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Waits so long, or until something in the folder has changed since the last wait, or the signal fires. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    this.#watcher ??= this.#open();
    if (!this.#changed) {
      this.#wake = new AbortController();
      await pause(ms, signal ? AbortSignal.any([signal, this.#wake.signal]) : this.#wake.signal);
    }
    this.#changed = false;
  }

  /** Whether anything can wake a wait. */
  get isWatched(): boolean {
    return this.#watcher !== undefined;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Undefined: not now, as long as there is no such folder. */
  #open(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#folder, { persistent: false }, () => {
        this.#changed = true;
        this.#wake.abort();
      });
      watcher.on('error', () => this.close());
      // What came before the watch is seen with the next look.
      this.#changed = true;
      return watcher;
    } catch {
      return undefined;
    }
  }
}
