/**
 * The only way in which an attempt remembers anything. Two rules keep a recorded outcome from being lost:
 * every heartbeat carries all of the state, so that a late one never says less than an early one; and what must be durable is
 * sent past the SDK's throttle by task token, after the same state was handed to the SDK, which would otherwise send its older
 * copy later. No acknowledgement, no next step.
 */
import { defined, type Loose } from '../common/defined.ts';
import type { Context } from '@temporalio/activity';
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
} from '@temporalio/client';
import type { PodRecord, PodEnd } from '../contract/index.ts';
import { heartbeatEvery, untilAnswered } from './temporal-calls.ts';

/** What Temporal says of this attempt. All but `notFound` mean that the heartbeat's details were recorded. */
export type Standing = 'pending' | 'cancelled' | 'paused' | 'reset' | 'notFound';

/** How long readers wait for news of a pod, whatever the heartbeat timeout; a pod that is quick costs no call more. */
const SHOWN_AFTER_MS = 5_000;

export class Recorder {
  #state: PodRecord;
  /** Monotonic ms of the last acknowledgement. */
  #acknowledged = -Infinity;
  /** Token heartbeats one after the other: an older one must not land on a newer one. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #context: Context;
  readonly #timer: NodeJS.Timeout;
  /** Runs while a note may not have been sent yet. */
  #untold: NodeJS.Timeout | undefined;

  constructor(context: Context, state: PodRecord) {
    this.#context = context;
    this.#state = state;
    // On a timer of its own: neither a silent log nor a long cleanup may look like a dead worker.
    this.#timer = setInterval(() => context.heartbeat(this.#state), heartbeatEvery(context));
  }

  get state(): Readonly<PodRecord> {
    return this.#state;
  }

  /** For display: sent with the next heartbeat that the SDK lets through, and by token when it still stands after a while. */
  note(change: Partial<Loose<PodRecord>>): void {
    this.#state = defined<PodRecord>({ ...this.#state, ...change });
    this.#context.heartbeat(this.#state);
    this.#untold ??= setTimeout(() => this.#tell(), SHOWN_AFTER_MS).unref();
  }

  /** Remembers the change for good, before it returns. `notFound`: it was not recorded, and nothing may be built on it. */
  async record(change: Partial<Loose<PodRecord>>): Promise<Standing> {
    this.note(change);
    return this.ask();
  }

  /** Asks Temporal now, past the throttle, how this attempt stands. @throws as `untilAnswered` */
  ask(): Promise<Standing> {
    const answer = this.#last.then(() => this.#ask());
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Milliseconds since Temporal last acknowledged this attempt. */
  get sinceAcknowledged(): number {
    return performance.now() - this.#acknowledged;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#told();
  }

  /** Nothing waits for it, and nothing is built on it. */
  #tell(): void {
    this.#told();
    const { client, info } = this.#context;
    this.#last = this.#last.then(() => client.activity.heartbeat(info.taskToken, this.#state)).catch(() => undefined);
  }

  #told(): void {
    clearTimeout(this.#untold);
    this.#untold = undefined;
  }

  async #ask(): Promise<Standing> {
    this.#told();
    const { client, info } = this.#context;
    const standing = await untilAnswered(this.#context, () =>
      client.activity.heartbeat(info.taskToken, this.#state).then(() => 'pending' as const, standingOf),
    );
    if (standing !== 'notFound') this.#acknowledged = performance.now();
    return standing;
  }
}

/** @throws whatever is no answer */
function standingOf(error: unknown): Standing {
  if (error instanceof ActivityCancelledError) return 'cancelled';
  if (error instanceof ActivityPausedError) return 'paused';
  if (error instanceof ActivityResetError) return 'reset';
  if (error instanceof ActivityNotFoundError) return 'notFound';
  throw error;
}

export const RECORD_BYTES = 24 * 1024;
const EVENTS = 5;

/** Cuts what is only for readers, the least needed first; control characters take six bytes each as JSON. */
export function fitting(end: PodEnd): PodEnd {
  const { outcome, events, problems } = end;
  let fit: PodEnd = {
    ...end,
    outcome: { ...outcome, ...(outcome.message !== undefined && { message: cut(outcome.message, 1024) }) },
    ...(events && { events: events.slice(-EVENTS).map((event) => ({ ...event, message: cut(event.message, 500) })) }),
    ...(problems && { problems: problems.map((problem) => cut(problem, 200)) }),
  };
  while (Buffer.byteLength(JSON.stringify(fit)) > RECORD_BYTES) {
    const less = shorter(fit);
    if (!less) break;
    fit = less;
  }
  return fit;
}

function shorter(end: PodEnd): PodEnd | undefined {
  const { logs, events, problems } = end;
  if (logs.tail !== '') return { ...end, logs: { ...logs, tail: logs.tail.slice(Math.ceil(logs.tail.length / 2)) } };
  if (events?.length) return { ...end, events: events.slice(1) };
  if (problems?.length) return { ...end, problems: problems.slice(1) };
  return undefined;
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);
