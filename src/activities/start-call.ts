/** `onStart`, once an attempt: when the main container is first seen to run, or to have run. The pod is followed meanwhile. */
import type { V1Pod } from '@kubernetes/client-node';
import type { Attempt } from './attempt.ts';
import { pause } from '../common/pause.ts';
import { hasStarted, statusOf } from '../pod/containers.ts';

/** What an end waits for its start's callback: longer would keep the outcome from being recorded. */
const PATIENCE_MS = 10_000;

export class StartCall {
  readonly #attempt: Attempt;
  #call: Promise<void> | undefined;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  see(pod: V1Pod): void {
    const main = statusOf(pod, this.#attempt.main);
    if (main && hasStarted(main)) this.#call ??= this.#attempt.callbacks.onStart(pod);
  }

  /** So that `onEnd` comes after it, and what it threw is among the problems. */
  async settled(): Promise<void> {
    const done = new AbortController();
    const call = this.#call?.finally(() => done.abort());
    if (call) await Promise.race([call, pause(PATIENCE_MS, AbortSignal.any([done.signal, this.#attempt.signal]))]);
  }
}
