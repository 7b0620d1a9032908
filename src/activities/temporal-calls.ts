/** How the activities call Temporal, while they work or after they were cancelled. */
import { ApplicationFailure, type Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { messageOf } from '../common/message-of.ts';
import { retry } from '../common/retry.ts';
import { DEFAULT_HEARTBEAT_TIMEOUT } from '../contract/defaults.ts';

/**
 * Milliseconds between two heartbeats that are handed to the SDK, which sends the latest one after 0.8 of the timeout: it must always
 * have one by then, also on a slow moment.
 */
export const heartbeatEvery = ({ info }: Context): number => (info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT) / 4;

/** About three minutes: longer than a server takes to come back, and less than anybody wants a refused worker to hold a slot. */
const TRIES = 45;

/** Does the work with heartbeats on a timer, however long it waits. */
export async function heartbeating<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => context.heartbeat(), heartbeatEvery(context));
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Calls Temporal also after the activity was cancelled: its own signal is aborted by then, so a fresh one. */
export const evenCancelled = <T>(client: Client, call: () => Promise<T>): Promise<T> =>
  client.withAbortSignal(new AbortController().signal, call);

/**
 * Calls until Temporal answers: for what has to be told, also when the attempt is cancelled. The client does not tell a refusal
 * (a permission that was taken away) from a server that is away, so both are waited for, for the same time.
 *
 * @throws ApplicationFailure `TemporalUnavailable`, retryable, after about three minutes: the next attempt adopts the pod
 * @throws CancelledFailure when the worker is told to stop and Temporal has not answered
 */
export async function untilAnswered<T>(context: Context, call: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const look = () => context.cancellationDetails?.workerShutdown && stopping.abort();
  context.cancellationSignal.addEventListener('abort', look);
  try {
    return await retry(
      () => {
        look();
        return evenCancelled(context.client, call);
      },
      { firstMs: 100, mostMs: 5_000, tries: TRIES, signal: stopping.signal },
    );
  } catch (error) {
    if (stopping.signal.aborted) await context.cancelled;
    throw ApplicationFailure.retryable(
      `Temporal does not take what it is told: ${messageOf(error)}`,
      'TemporalUnavailable',
    );
  } finally {
    context.cancellationSignal.removeEventListener('abort', look);
  }
}
