/** The hold after a failure: the pod is over and there to be looked at, and its task waits for somebody, or for the time. */
import { condition, defineSignal, log, setHandler } from '@temporalio/workflow';

/** Ends the hold of the task of this name, or, without one, of all tasks that are held now. */
export const releasePod = defineSignal<[task?: string]>('releasePod');

interface Held {
  readonly task: string;
  released: boolean;
}

/** The SDK loads workflow code anew for each workflow, so these belong to one run. */
const held = new Set<Held>();
let listening = false;

/** From here on the signal is heard; one that comes while nobody is held releases nobody, now or later. */
export function listenForReleases(): void {
  if (listening) return;
  listening = true;
  setHandler(releasePod, (task) => {
    const meant = [...held].filter((one) => task === undefined || one.task === task);
    for (const one of meant) one.released = true;
    if (meant.length > 0) return;
    const names = [...held].map((one) => one.task).join(', ') || 'nobody';
    log.warn(`releasePod: ${task === undefined ? 'no task' : `no task '${task}'`} is held; held: ${names}`);
  });
}

/** Waits for the release or the time. @throws CancelledFailure */
export async function hold(task: string, ms: number): Promise<void> {
  const one: Held = { task, released: false };
  held.add(one);
  try {
    await condition(() => one.released, ms, { summary: `${task}: held until released` });
  } finally {
    held.delete(one);
  }
}
