/**
 * The callbacks of one pod, called by the name that its spec gives. None of them can lose the pod, hold it for ever, or change
 * what others see: each has a limit, and copies. Only `beforeCreate` can stop a pod from being made.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { Context, log } from '@temporalio/activity';
import { suggestion } from '../common/did-you-mean.ts';
import { messageOf } from '../common/message-of.ts';
import type { CallbackContext, CallbackLine, CallbackRegistry, PodCallbacks, PodEnd } from '../contract/index.ts';
import { pause } from '../common/pause.ts';
import { failNow } from './failure.ts';

interface Options {
  /** The pod is there: a name that this worker does not have (any more) is a problem, no reason to end it. */
  adopted?: boolean;
  limits?: { create: number; other: number };
}

const LIMITS = { create: 10_000, other: 30_000 };

export class Callbacks {
  readonly #named: [name: string, callbacks: PodCallbacks][] = [];
  readonly #context: CallbackContext;
  readonly #limits: typeof LIMITS;
  readonly #problems = new CallbackProblems();

  /** @throws ApplicationFailure `InvalidSpec` for a name that is not registered, unless the pod was adopted */
  constructor(
    registry: CallbackRegistry,
    names: readonly string[],
    context: CallbackContext,
    { adopted = false, limits = LIMITS }: Options = {},
  ) {
    this.#context = Object.freeze({ ...context });
    this.#limits = limits;
    for (const name of names) {
      const callbacks = Object.hasOwn(registry, name) ? registry[name] : undefined;
      if (callbacks) this.#named.push([name, callbacks]);
      else if (adopted) this.#problems.report(name, 'this worker has none of that name, so it was not called');
      else throw failNow('InvalidSpec', unknownName(name, Object.keys(registry)));
    }
  }

  /** What was thrown so far, for result and failure. */
  get problems(): readonly string[] {
    return this.#problems.list;
  }

  wants(what: keyof PodCallbacks): boolean {
    return this.#named.some(([, callbacks]) => callbacks[what] !== undefined);
  }

  /** @throws ApplicationFailure `CallbackFailed`; the SDK's CancelledFailure when this attempt is to end */
  async beforeCreate(manifest: V1Pod): Promise<V1Pod> {
    let pod = manifest;
    for (const [name, callbacks] of this.#named) {
      if (!callbacks.beforeCreate) continue;
      try {
        const answer = await within(this.#limits.create, () => callbacks.beforeCreate?.(pod, this.#context));
        pod = asSent(answer ?? pod);
      } catch (error) {
        if (error instanceof Interrupted) await Context.current().cancelled;
        throw failNow('CallbackFailed', `callback ${name}.beforeCreate refuses the pod: ${messageOf(error)}`);
      }
    }
    return pod;
  }

  /** Never rejects. */
  onStart(pod: V1Pod): Promise<void> {
    return this.#each('onStart', (callbacks) => callbacks.onStart?.(structuredClone(pod), this.#context)).catch(
      () => undefined,
    );
  }

  /** @throws the SDK's CancelledFailure when this attempt is to end before the callbacks did: the next one calls them again */
  onEnd(end: PodEnd, { patient = false } = {}): Promise<void> {
    return this.#each('onEnd', (callbacks) => callbacks.onEnd?.(structuredClone(end), this.#context), patient);
  }

  onLogLine(line: CallbackLine): void {
    for (const [name, callbacks] of this.#named) {
      const report = (error: unknown) => this.#problems.report(`${name}.onLogLine`, error);
      try {
        const answer: unknown = callbacks.onLogLine?.({ ...line }, this.#context);
        if (answer instanceof Promise) answer.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }

  formatLine(line: CallbackLine): string {
    let { text } = line;
    for (const [name, callbacks] of this.#named) {
      if (!callbacks.formatLine) continue;
      try {
        const shown: unknown = callbacks.formatLine({ ...line, text }, this.#context);
        if (typeof shown !== 'string') throw new Error(`must return text, returned ${typeof shown}`);
        text = shown;
      } catch (error) {
        this.#problems.report(`${name}.formatLine`, error);
      }
    }
    return text;
  }

  async #each(
    what: 'onStart' | 'onEnd',
    call: (callbacks: PodCallbacks) => void | Promise<void>,
    patient = false,
  ): Promise<void> {
    for (const [name, callbacks] of this.#named) {
      if (!callbacks[what]) continue;
      try {
        await within(this.#limits.other, () => call(callbacks), { patient });
      } catch (error) {
        if (error instanceof Interrupted) await Context.current().cancelled;
        this.#problems.report(`${name}.${what}`, error);
      }
    }
  }
}

/** What the API server would get of it; also a copy, which its author cannot change later. */
function asSent(pod: V1Pod): V1Pod {
  const sent: unknown = JSON.parse(JSON.stringify(pod) ?? 'null');
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) return sent;
  throw new Error(`must return a pod or nothing, returned ${JSON.stringify(sent)}`);
}

function unknownName(name: string, known: readonly string[]): string {
  const otherwise = `; it has ${known.join(', ') || 'none at all'}`;
  const hint = suggestion(name, known, { as: JSON.stringify, otherwise });
  return `callbacks: this worker has none that is called ${JSON.stringify(name)}${hint}`;
}

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

/** This attempt is to end, and does not wait for other people's code. */
export class Interrupted extends Error {}

/**
 * What becomes of the work after that is not heard.
 *
 * @param options.patient only the worker's shutdown interrupts it
 * @throws Interrupted, or whatever the work throws
 */
export async function within<T>(limitMs: number, work: () => T | Promise<T>, { patient = false } = {}): Promise<T> {
  const context = Context.current();
  const interrupted = new AbortController();
  const look = () => (!patient || context.cancellationDetails?.workerShutdown) && interrupted.abort();
  if (context.cancellationSignal.aborted) look();
  context.cancellationSignal.addEventListener('abort', look);
  const settled = new AbortController();
  const tooLong = async (): Promise<never> => {
    await pause(limitMs, AbortSignal.any([interrupted.signal, settled.signal]));
    if (interrupted.signal.aborted) throw new Interrupted();
    throw new Error(`it did not end within ${limitMs / 1000} s, and is not waited for any longer`);
  };
  try {
    return await Promise.race([(async () => work())(), tooLong()]);
  } finally {
    settled.abort();
    context.cancellationSignal.removeEventListener('abort', look);
  }
}
