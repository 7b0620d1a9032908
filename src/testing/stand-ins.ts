/** What stands for pods in a simulation, as its author writes it; what makes no sense is refused, by its name. */
import { didYouMean, suggestion } from '../common/did-you-mean.ts';
import { isLength, type Duration } from '../common/duration.ts';
import { isObject } from '../common/is-object.ts';
import { shown } from '../common/issue-text.ts';
import { OUTCOME_KINDS, REFUSAL_KINDS, type OutcomeKind, type RefusalKind } from '../contract/index.ts';
import type { SimulatedPod } from './simulated-pod.ts';

/** In what ways a pod may fail: as the `type` of the failure that `runPod` throws. */
export type FailureKind = Exclude<OutcomeKind, 'Succeeded' | 'Skipped'> | RefusalKind;

/** A pod that runs to its end. What its exit code means, and whether its output fits, follow from its spec, as for a real one. */
export interface Ends {
  /** The JSON that it hands back (`result`). Default: none. */
  readonly output?: unknown;
  /** Default 0. */
  readonly exitCode?: number;
  /** How long it takes, of the time that is skipped. Default 1 second. */
  readonly takes?: Duration;
  /** The last lines of its log (`logs.tail`). Default: none. */
  readonly tail?: string;
}

/** What there is to say of a failure. */
export interface FailureOptions extends Ends {
  /** Kubernetes' own word, as `Evicted`. */
  readonly reason?: string;
  readonly message?: string;
  /** The container that it is about, when it is not the main one. */
  readonly container?: string;
  /** Default `node-1`, or none when nothing ever started. */
  readonly node?: string;
  /** Whether any container of it ever started; what did not may be tried again for free. Default: as the kind mostly is. */
  readonly startedEver?: boolean;
  /** False: the pod does not go, so no other try begins beside it. Default true. */
  readonly gone?: boolean;
}

const FAILURE_KINDS = [...OUTCOME_KINDS.slice(2), ...REFUSAL_KINDS] as FailureKind[];
const ENDS = ['output', 'exitCode', 'takes', 'tail'];
const FAILURE = [...ENDS, 'reason', 'message', 'container', 'node', 'startedEver', 'gone'];

/**
 * How a pod fails.
 *
 *     const killed: Fails = fails('OOMKilled');
 */
export class Fails {
  readonly kind: FailureKind;
  readonly options: FailureOptions;

  constructor(kind: FailureKind, options: FailureOptions) {
    this.kind = kind;
    this.options = options;
  }
}

/**
 * A pod that fails.
 *
 *     { total: [fails('OOMKilled'), { output: 3 }] }
 *
 * @param kind as in the `type` of the failure that `runPod` throws: an `OutcomeKind` or a `RefusalKind`
 * @throws TypeError for any other kind, or an option that there is not
 */
export function fails(kind: FailureKind, options: FailureOptions = {}): Fails {
  if (!FAILURE_KINDS.includes(kind))
    throw new TypeError(
      `fails: ${shown(kind)} is no kind of failure${suggestion(String(kind), FAILURE_KINDS, { otherwise: `; there are: ${FAILURE_KINDS.join(', ')}` })}`,
    );
  const fault = faultOf(options, FAILURE);
  if (fault !== undefined) throw new TypeError(`fails('${kind}'): ${fault}`);
  return new Fails(kind, options);
}

/** How one pod ends. */
export type PodEnding = Ends | Fails;

/**
 * For a task: one ending, for each of its pods; a list, the first for its first pod and so on; or a function that looks at the pod.
 * Its key is the task's name, or a pattern with `*` (`'load-*'` for the items of a `task.map` and for names that are made up). A
 * name goes before a pattern, a pattern before those behind it.
 */
export type StandIn = PodEnding | readonly PodEnding[] | ((pod: SimulatedPod) => PodEnding);
/** By the names of tasks. */
export type StandIns = Readonly<Record<string, StandIn>>;

/** @throws TypeError that names the stand-in, the field and the value */
export function checkStandIns(standIns: StandIns): void {
  for (const [name, standIn] of Object.entries(standIns)) {
    if (typeof standIn === 'function') continue;
    if (!Array.isArray(standIn)) checkEnding(name, standIn);
    else if (standIn.length === 0) throw new TypeError(`the stand-in of '${name}' is an empty list: leave it out`);
    else for (const [at, one] of standIn.entries()) checkEnding(`${name}[${at}]`, one);
  }
}

/** @throws TypeError */
export function checkEnding(name: string, ending: unknown): asserts ending is PodEnding {
  if (ending instanceof Fails) return;
  if (!isObject(ending) || Array.isArray(ending))
    throw new TypeError(
      `the stand-in of '${name}' must be { output: … }, fails('…') or a list of these, got ${shown(ending)}`,
    );
  const fault = faultOf(ending, ENDS);
  if (fault !== undefined) throw new TypeError(`the stand-in of '${name}': ${fault}`);
}

function faultOf(given: object, known: readonly string[]): string | undefined {
  const { output, exitCode, takes, tail } = given as Ends;
  for (const key of Object.keys(given))
    if (!known.includes(key))
      return `${key}: is unknown${suggestion(key, known, { otherwise: `; there are: ${known.join(', ')}` })}`;
  if (exitCode !== undefined && !(Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255))
    return `exitCode: must be a whole number from 0 to 255, got ${shown(exitCode)}`;
  if (takes !== undefined && !isLength(takes)) return `takes: is not a length of time (as "90s"), got ${shown(takes)}`;
  if (tail !== undefined && typeof tail !== 'string') return `tail: must be a text, got ${shown(tail)}`;
  return output === undefined ? undefined : noJson(output, 'output', new Set());
}

/** Why it is not what a pod could write as JSON and a workflow would read again. */
function noJson(value: unknown, path: string, above: ReadonlySet<unknown>): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path}: is no JSON, got ${value}`;
  if (above.has(value)) return `${path}: is no JSON: it contains itself`;
  const within = new Set(above).add(value);
  const first = (entries: Iterable<[string, unknown]>) => {
    for (const [at, one] of entries) {
      const fault = noJson(one, at, within);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  if (Array.isArray(value)) return first(value.map((one, at) => [`${path}[${at}]`, one]));
  if (!isObject(value) || isMade(value)) return `${path}: is no JSON, got ${typeName(value)}`;
  return first(Object.entries(value).map(([key, one]) => [`${path}.${key}`, one]));
}

/** By a class: a Date, a Map. A plain object of another realm (a test runner's) is one, too. */
const isMade = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
};

const typeName = (value: unknown) =>
  isObject(value) ? `a ${value.constructor.name}` : typeof value === 'bigint' ? `${value}n` : typeof value;

/** Which stand-in is whose, and which were never used. */
export class Cast {
  readonly #standIns: StandIns;
  readonly #used = new Map<string, number>();

  constructor(standIns: StandIns) {
    this.#standIns = standIns;
  }

  /** The key whose stand-in stands for pods of this task. */
  keyFor(task: string): string | undefined {
    if (Object.hasOwn(this.#standIns, task)) return task;
    return Object.keys(this.#standIns).find((key) => key.includes('*') && patternOf(key).test(task));
  }

  /** @throws TypeError when the list has come to its end, or a function gives what is none */
  next(key: string, pod: SimulatedPod): PodEnding {
    const used = this.#used.get(key) ?? 0;
    this.#used.set(key, used + 1);
    const standIn = this.#standIns[key]!;
    if (typeof standIn === 'function') {
      const ending: unknown = standIn(pod);
      checkEnding(key, ending);
      return ending;
    }
    if (!Array.isArray(standIn)) return standIn as PodEnding;
    const ending = (standIn as readonly PodEnding[])[used];
    if (ending) return ending;
    throw new TypeError(
      `nobody stands in for '${pod.name}': the list of '${key}' has ${standIn.length}, and this is pod ${used + 1}`,
    );
  }

  /** For who misspelt a name. */
  hint(task: string): string {
    const near = didYouMean(task, Object.keys(this.#standIns));
    return near === undefined ? '' : ` (there is one for '${near}')`;
  }

  get unused(): string[] {
    return Object.entries(this.#standIns).flatMap(([key, standIn]) => {
      const used = this.#used.get(key) ?? 0;
      if (used === 0) return [`'${key}'`];
      const left = Array.isArray(standIn) ? standIn.length - used : 0;
      return left > 0 ? [`'${key}' (the last ${left} of ${(standIn as readonly unknown[]).length})`] : [];
    });
  }
}

const patternOf = (key: string) =>
  new RegExp(
    `^${key
      .split('*')
      .map((text) => text.replaceAll(/[.\\^$+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
  );
