/**
 * What only the events of a pod tell. A kubelet that stops a main container which traps SIGTERM and ends with 0 leaves the pod as
 * `Succeeded`, with no reason and no condition: an eviction (kubernetes/kubernetes#141483, seen on 1.34), a probe or a hook that
 * failed, a sandbox that is made anew. So events that cannot be read are not taken for events that are not there.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodEvent, PodOutcome } from '../contract/index.ts';
import { messageOf } from '../common/message-of.ts';
import { retry } from '../common/retry.ts';
import { ClusterError } from '../kubernetes/cluster-error.ts';
import { nextLook, waitsInSilence } from '../pod/waiting.ts';
import { LAST_HEARD } from '../pod/next-deadline.ts';
import { isOwnLimit } from '../pod/outcome.ts';
import type { Attempt } from './attempt.ts';

/** Why events could not be read. */
interface Unread {
  unread: string;
}
type Events = { events: PodEvent[] } | Unread;

/**
 * The outcome, unless its main container ended after the kubelet had stopped it. A good end whose events cannot be read for
 * `timeouts.drain` is `OutcomeUnknown`.
 *
 * @throws CancelledFailure when this attempt is to end
 */
export async function unlessStopped(attempt: Attempt, outcome: PodOutcome): Promise<PodOutcome> {
  if (!BY_ITS_EXIT_CODE.includes(outcome.kind)) return outcome;
  const isGood = outcome.kind !== 'ContainerFailed';
  const limit = { ms: attempt.limits.drain, signal: attempt.signal };
  const read = isGood ? await eventsOfKilled(attempt, limit) : await readEvents(attempt, limit);
  if ('unread' in read) await attempt.throwIfInterrupted();
  if ('events' in read) return stoppedBy(read.events, attempt.main, outcome);
  if (!isGood) return outcome;
  return { ...outcome, kind: 'OutcomeUnknown', reason: 'EventsUnread', message: read.unread };
}

/** None of a pod that was not killed: most pods end well and by themselves, and one request is enough to know that of many. */
async function eventsOfKilled(attempt: Attempt, limit: Limit): Promise<Events> {
  const { pod } = attempt.recorder.state;
  if (!pod) return { events: [] };
  const killed = await persistently(() => attempt.cluster.killedPods(pod.namespace), limit);
  if ('unread' in killed) return killed;
  return killed.answer.has(pod.uid) ? readEvents(attempt, limit) : { events: [] };
}

const BY_ITS_EXIT_CODE: readonly string[] = ['Succeeded', 'Skipped', 'ContainerFailed'] satisfies PodOutcome['kind'][];

/**
 * A kubelet says `Killing` before it sends the signal, whatever its reason is, and never of a container that ended by itself. An
 * event that does not name its container may mean any.
 */
export function stoppedBy(events: readonly PodEvent[], main: string, outcome: PodOutcome): PodOutcome {
  const isAboutMain = ({ container = main }: PodEvent) => container === main;
  const killing = events.findLast((event) => event.reason === 'Killing' && isAboutMain(event));
  if (!killing) return outcome;
  const evicted = events.findLast(({ reason }) => /^(Evicted|Preempting|\w*Shutdown)$/.test(reason));
  if (evicted) {
    const { reason, message } = evicted;
    return { ...outcome, kind: isOwnLimit(message) ? 'ContainerFailed' : 'PodDisrupted', reason, message };
  }
  const own = events.findLast((event) => isAboutMain(event) && isOwnFault(event));
  if (own) return { ...outcome, kind: 'ContainerFailed', reason: own.reason, message: own.message };
  const message = `its node stopped it before it ended by itself: ${killing.message}`;
  return { ...outcome, kind: 'PodDisrupted', reason: 'Killing', message };
}

/** What the pod's author asked the kubelet to stop it for. A readiness probe stops nothing. */
const isOwnFault = ({ reason, message }: PodEvent) =>
  reason === 'FailedPostStartHook' || (reason === 'Unhealthy' && !message.startsWith('Readiness probe'));

/** The outcome in the words of the last warning about the pod, where its status has none. */
export async function withLastWarning(attempt: Attempt, outcome: PodOutcome): Promise<PodOutcome> {
  if (attempt.spec.events === 'never' || !LATE.includes(outcome.kind) || outcome.message?.includes(LAST_HEARD))
    return outcome;
  const read = await readEvents(attempt, { ms: attempt.waits.events });
  const last = 'events' in read && read.events.findLast(({ type }) => type === 'Warning');
  if (!last) return outcome;
  return { ...outcome, reason: last.reason, message: `${outcome.message ?? ''}${LAST_HEARD}${last.message}` };
}

const LATE: readonly string[] = ['ScheduleTimeout', 'StartTimeout'] satisfies PodOutcome['kind'][];

/** The last warning about a pod that waits in silence, read while it waits. */
export class WaitingWarning {
  /** `FailedMount: secret "db" not found` */
  text: string | undefined;
  readonly #attempt: Attempt;
  readonly #onChange: () => void;
  readonly #over = new AbortController();
  #since: number | undefined;
  #looks = 0;

  constructor(attempt: Attempt, onChange: () => void) {
    this.#attempt = attempt;
    this.#onChange = onChange;
  }

  /** Looks when it is time. @returns when it will be (ms since the epoch) */
  see(pod: V1Pod): number {
    const { spec, main, limits } = this.#attempt;
    if (spec.events === 'never' || !waitsInSilence(pod, main)) {
      this.#since = this.text = undefined;
      this.#looks = 0;
      return Infinity;
    }
    this.#since ??= Date.now();
    if (Date.now() >= this.#since + nextLook(this.#looks, limits.start)) {
      this.#looks++;
      void this.#look();
    }
    return this.#since + nextLook(this.#looks, limits.start);
  }

  end(): void {
    this.#over.abort();
  }

  async #look(): Promise<void> {
    const signal = AbortSignal.any([this.#over.signal, this.#attempt.signal]);
    const read = await readEvents(this.#attempt, { ms: this.#attempt.waits.events, signal });
    const last = 'events' in read && read.events.findLast(({ type }) => type === 'Warning');
    if (!last || this.#over.signal.aborted || this.#since === undefined) return;
    this.text = `${last.reason}: ${last.message}`;
    this.#onChange();
  }
}

/** Those that go into result and failure; undefined when none are wanted. */
export async function eventsFor(attempt: Attempt, { kind }: PodOutcome): Promise<Events | undefined> {
  const wanted = attempt.spec.events ?? 'onProblem';
  const well = kind === 'Succeeded' || kind === 'Skipped';
  if (!attempt.recorder.state.pod || wanted === 'never' || (well && wanted === 'onProblem')) return undefined;
  return readEvents(attempt, { ms: attempt.waits.events });
}

async function readEvents(attempt: Attempt, limit: Limit): Promise<Events> {
  const { pod } = attempt.recorder.state;
  if (!pod) return { events: [] };
  const read = await persistently(() => attempt.cluster.podEvents(pod), limit);
  return 'unread' in read ? read : { events: read.answer };
}

/** How long events are asked for, and until when. */
interface Limit {
  readonly ms: number;
  readonly signal?: AbortSignal;
}

async function persistently<T>(ask: () => Promise<T>, { ms, signal }: Limit): Promise<{ answer: T } | Unread> {
  const end = Date.now() + ms;
  try {
    const answer = await retry(ask, {
      firstMs: 200,
      mostMs: 2_000,
      signal,
      isFinal: (error) => Date.now() > end || (error instanceof ClusterError && error.kind === 'forbidden'),
    });
    return { answer };
  } catch (error) {
    return { unread: `its events could not be read: ${messageOf(error)}` };
  }
}
