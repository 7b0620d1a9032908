/**
 * `Promise.all`, `any`, `race` and `allSettled` of handles, as handles.
 *
 * The native ones would await the handles in the name of the task that *calls* them. So `const both = Promise.all([a, b])` in the
 * body, awaited in a task, would draw its edges to the body; its rejection, while it is not awaited yet, would fail the
 * workflow task; and a failure would count as heard though no task ever awaited `both`.
 */
import { TaskHandle, type Outcome } from './handle.ts';

const NativePromise = globalThis.Promise;

type Settle = (outcome: Outcome<unknown>) => void;
/** Called with every outcome, in the order in which they arrive. */
type Collect = (outcome: Outcome<unknown>, at: number) => void;

const COMBINATORS = {
  all: (count: number, settle: Settle): Collect => {
    const fill = filler(count, (values) => settle({ value: values }));
    return (outcome, at) => ('value' in outcome ? fill(at, outcome.value) : settle(outcome));
  },
  allSettled: (count: number, settle: Settle): Collect => {
    const fill = filler(count, (results) => settle({ value: results }));
    return (outcome, at) => fill(at, settled(outcome));
  },
  any: (count: number, settle: Settle): Collect => {
    const fill = filler(count, (errors) => settle({ error: new AggregateError(errors, 'All promises were rejected') }));
    return (outcome, at) => ('error' in outcome ? fill(at, outcome.error) : settle(outcome));
  },
  race: (_count: number, settle: Settle): Collect => settle,
};

type Name = keyof typeof COMBINATORS;
const NAMES = Object.keys(COMBINATORS) as Name[];

/**
 * Puts a Promise in the place of this workflow's own whose combinators know handles; everything else stays native. The SDK
 * gives every workflow its own global scope, so no other workflow sees it. Returns the way back.
 */
export function teachPromiseHandles(): () => void {
  const before = globalThis.Promise;
  globalThis.Promise = handlePromise();
  return () => {
    globalThis.Promise = before;
  };
}

function handlePromise(): PromiseConstructor {
  class HandlePromise<T> extends NativePromise<T> {
    // What `then` derives is native, and what async functions return still is "a Promise".
    static override get [Symbol.species]() {
      return NativePromise;
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof NativePromise || value instanceof TaskHandle;
    }
  }
  const own: Record<string, unknown> = {
    resolve: (value?: unknown) => (value instanceof TaskHandle ? value : NativePromise.resolve(value)),
  };
  for (const name of NAMES) {
    own[name] = (given: Iterable<unknown>) => {
      const values = [...given];
      return combine(name, values) ?? native(name, values);
    };
  }
  // Defined, not assigned: the sandbox freezes what is inherited here, and that forbids an assignment.
  for (const [name, value] of Object.entries(own)) Reflect.defineProperty(HandlePromise, name, { value });
  return HandlePromise;
}

const native = (name: Name, values: readonly unknown[]): Promise<unknown> =>
  (NativePromise[name] as (values: readonly unknown[]) => Promise<unknown>).call(NativePromise, values);

/** Nothing when there is no handle among the values. */
function combine(name: Name, values: readonly unknown[]): TaskHandle<unknown> | undefined {
  const handles = values.filter((value) => value instanceof TaskHandle);
  if (handles.length === 0) return undefined;
  const sources = new Set(handles.flatMap((handle) => handle.sources));
  const next = new TaskHandle<unknown>(handles.map((handle) => handle.name).join(', '), [...sources]);
  const collect = COMBINATORS[name](values.length, (outcome) => next.settle(outcome));
  values.forEach((value, at) => listen(value, (outcome) => collect(outcome, at)));
  return next;
}

function listen(value: unknown, listener: Settle): void {
  if (value instanceof TaskHandle) return value.listen(listener);
  void NativePromise.resolve(value).then(
    (inner) => listener({ value: inner }),
    (error: unknown) => listener({ error }),
  );
}

/** Collects by place, and hands all over when every place is filled. */
function filler(count: number, full: (values: unknown[]) => void): (at: number, value: unknown) => void {
  const values = new Array<unknown>(count);
  let missing = count;
  return (at, value) => {
    values[at] = value;
    if (--missing === 0) full(values);
  };
}

const settled = (outcome: Outcome<unknown>): PromiseSettledResult<unknown> =>
  'value' in outcome ? { status: 'fulfilled', value: outcome.value } : { status: 'rejected', reason: outcome.error };
