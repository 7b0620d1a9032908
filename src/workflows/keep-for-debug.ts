/** `keepForDebug`: the failed pod is over and there to be looked at, and its task waits for the signal, or for the time. */
import { condition, defineSignal, log, setHandler } from '@temporalio/workflow';
import { SIGNAL, timerSummary } from '../contract/index.ts';

/**
 * Ends the wait of the task of this name whose failed pod is kept to be looked at (`keepForDebug`), or, without a name, of all tasks that wait
 * now. Where none waits, nothing happens.
 *
 *     await run.signal(endDebug, 'total');
 */
export const endDebug = defineSignal<[task?: string]>(SIGNAL.endDebug);

interface Waiting {
  readonly task: string;
  ended: boolean;
}

/** The SDK loads workflow code anew for each workflow, so these belong to one run. */
const waiting = new Set<Waiting>();
let listening = false;

/** From here on the signal is heard; one that comes while no task waits ends nothing, now or later. */
export function listenForEndDebug(): void {
  if (listening) return;
  listening = true;
  setHandler(endDebug, (task) => {
    const meant = [...waiting].filter((one) => task === undefined || one.task === task);
    for (const one of meant) one.ended = true;
    if (meant.length > 0) return;
    const names = [...waiting].map((one) => one.task).join(', ') || 'none';
    log.warn(`endDebug: no pod ${task === undefined ? '' : `of '${task}' `}is kept for debugging; those of: ${names}`);
  });
}

/** Waits for the signal or the time. @throws CancelledFailure */
export async function waitForDebug(task: string, ms: number): Promise<void> {
  const one: Waiting = { task, ended: false };
  waiting.add(one);
  try {
    await condition(() => one.ended, ms, { summary: timerSummary({ kind: 'keptForDebug', task }) });
  } finally {
    waiting.delete(one);
  }
}
