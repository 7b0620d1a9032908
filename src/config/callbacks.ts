/**
 * The module with the callbacks: whose every word is checked now, and not when the first pod asks for it. All of its code runs in an
 * async context of its own, so that an error of theirs that comes later, and that no code awaits, can be told from a fault of the worker.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CALLBACK_NAMES, type CallbackRegistry } from '../contract/index.ts';
import { isObject } from '../common/is-object.ts';
import { suggestion } from '../common/did-you-mean.ts';
import { messageOf } from '../common/message-of.ts';

const EXTENSIONS = ['.ts', '.js', '.mjs'];

const context = new AsyncLocalStorage<string>();

/**
 * Which callback the code that runs now belongs to. A listener for `unhandledRejection` or `uncaughtException` may ask too: Node calls
 * it in the context in which the error came up.
 */
export const runningCallback = (): string | undefined => context.getStore();

/** @throws Error with every fault on a line of its own */
export async function loadCallbacks(path: string): Promise<CallbackRegistry> {
  if (!EXTENSIONS.includes(extname(path)))
    throw new Error(`is no module: its name must end in ${EXTENSIONS.join(', ')}`);
  const { default: registry } = await load(path);
  if (registry === undefined)
    throw new Error('has no default export; it must be an object that names callbacks: { audit: { onEnd() {} } }');
  return callbacksOf(registry, 'its default export');
}

/**
 * @param what for messages
 * @throws Error with every fault on a line of its own
 */
export function callbacksOf(registry: unknown, what: string): CallbackRegistry {
  if (!isObject(registry)) throw new Error(`${what} must be an object of callbacks, got ${shown(registry)}`);
  const faults = Object.entries(registry).flatMap(([name, callbacks]) => faultsOf(name, callbacks));
  if (faults.length > 0) throw new Error(`${what} is not valid:\n  ${faults.join('\n  ')}`);
  const named = Object.entries(registry).map(([name, callbacks]) => [name, inContext(name, callbacks as Callbacks)]);
  return Object.fromEntries(named) as CallbackRegistry;
}

type Callbacks = Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>>;

/** The same callbacks, which take their context along wherever they go on. */
const inContext = (name: string, callbacks: Callbacks) =>
  Object.fromEntries(
    CALLBACK_NAMES.filter((key) => callbacks[key]).map((key) => [
      key,
      (...args: unknown[]) => context.run(`${name}.${key}`, () => callbacks[key]?.(...args)),
    ]),
  );

async function load(path: string): Promise<{ default?: unknown }> {
  try {
    const load = () => import(pathToFileURL(path).href) as Promise<{ default?: unknown }>;
    return await context.run('(the module itself)', load);
  } catch (error) {
    throw new Error(`cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}

function faultsOf(name: string, callbacks: unknown): string[] {
  if (!isObject(callbacks)) return [`${name}: must be an object of callbacks, got ${shown(callbacks)}`];
  const known: readonly string[] = CALLBACK_NAMES;
  const unknown = Object.keys(callbacks).filter((key) => !known.includes(key));
  // A method of a class is no key of its object.
  const given = CALLBACK_NAMES.filter((key) => callbacks[key] !== undefined);
  if (unknown.length === 0 && given.length === 0) return [`${name}: has no callback; it may have ${known.join(', ')}`];
  return [
    ...unknown.map((key) => {
      const otherwise = `; they are ${known.join(', ')}`;
      return `${name}.${key}: is no callback${suggestion(key, known, { as: String, otherwise })}`;
    }),
    ...given
      .filter((key) => typeof callbacks[key] !== 'function')
      .map((key) => `${name}.${key}: must be a function, got ${shown(callbacks[key])}`),
  ];
}

const shown = (value: unknown) =>
  (typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? typeof value)).slice(0, 80);
