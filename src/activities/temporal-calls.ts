/** How the activities talk to Temporal on the side, while they work or after they were cancelled. */
import type { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';

/** Milliseconds. Well below the heartbeat timeout: a missed one must mean a dead worker, not a slow moment. */
export const HEARTBEAT_EVERY = 2_000;

/** Does the work with heartbeats on a timer, however long it waits. */
export async function heartbeating<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Calls Temporal also after the activity was cancelled: its own signal is aborted by then, so a fresh one. */
export const evenCancelled = <T>(client: Client, call: () => Promise<T>): Promise<T> =>
  client.withAbortSignal(new AbortController().signal, call);
