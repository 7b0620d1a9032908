/**
 * The callbacks of one pod, called by the name that its spec gives. None of them can lose the pod, hold it for ever, or change
 * what others see: each has a limit, and copies. Only `beforeCreate` can stop a pod from being made.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { Context } from '@temporalio/activity';
import { didYouMean } from '../common/did-you-mean.ts';
import { messageOf } from '../common/message-of.ts';
import type { CallbackContext, CallbackLine, CallbackRegistry, PodCallbacks, PodEnd } from '../contract/index.ts';
import { CallbackProblems } from './callback-problems.ts';
import { failNow } from './failure.ts';
import { Interrupted, within } from './within.ts';

export type { CallbackContext, CallbackLine, CallbackRegistry, PodCallbacks } from '../contract/index.ts';

export const CALLBACK_NAMES = [
  'beforeCreate',
  'onStart',
  'onLogLine',
  'formatLine',
  'onEnd',
] as const satisfies (keyof PodCallbacks)[];

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
  const meant = didYouMean(name, known);
  return (
    `callbacks: this worker has none that is called ${JSON.stringify(name)}` +
    (meant ? `; did you mean ${JSON.stringify(meant)}?` : `; it has ${known.join(', ') || 'none at all'}`)
  );
}
