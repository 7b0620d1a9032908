/**
 * What a worker must know to run pods: from the options of a plugin. They are the worker's variables with other names, so they are checked
 * as these are, by the same code.
 */
import { resolve } from 'node:path';
import { suggestion } from '../common/did-you-mean.ts';
import { isObject } from '../common/is-object.ts';
import { messageOf } from '../common/message-of.ts';
import { Problem, usage } from '../common/problem.ts';
import type { CallbackRegistry } from '../contract/index.ts';
import { callbacksOf } from './callbacks.ts';
import { defaultLogRoot, namedFile, namedFolder } from './files.ts';
import { kubernetesConfig, type KubernetesConfig } from './kubernetes.ts';
import type { TemporalPodsOptions } from './pods-options.ts';
import { variables } from './variables.ts';
import { workerFiles, type WorkerFiles } from './worker.ts';

export interface PodsConfig {
  kubernetes: KubernetesConfig;
  logRoot: string;
  /** Undefined: never. */
  sweepEvery?: string;
  /** Milliseconds. */
  heartbeatTimeout: number;
  /** Read when a worker is made. */
  files: () => Promise<WorkerFiles>;
  /** A problem with a setting, in the words in which it was set. */
  inItsWords: (problem: unknown) => unknown;
  /** Whether the number of pods was chosen. */
  maxPodsIsDefault?: boolean;
}

type Kind = readonly [is: (value: unknown) => boolean, words: string];

const TEXT: Kind = [(value) => typeof value === 'string', 'a string'];
const NUMBER: Kind = [(value) => typeof value === 'number', 'a number'];
const LENGTH: Kind = [(value) => TEXT[0](value) || NUMBER[0](value), 'a length of time: a string, or milliseconds'];
const NAMES: Kind = [
  (value) => TEXT[0](value) || (Array.isArray(value) && value.length > 0 && value.every(TEXT[0])),
  'a namespace or a list of them',
];

const KINDS = {
  context: TEXT,
  kubeconfig: TEXT,
  namespace: NAMES,
  logDir: TEXT,
  maxPods: NUMBER,
  sweepEvery: LENGTH,
  heartbeatTimeout: LENGTH,
  template: TEXT,
  templates: TEXT,
  policy: TEXT,
  callbacks: [(value) => TEXT[0](value) || isObject(value), 'an object of callbacks, or the path of a module'],
  collectorImage: TEXT,
} as const satisfies Record<keyof TemporalPodsOptions, Kind>;

const OPTIONS = Object.keys(KINDS) as (keyof TemporalPodsOptions)[];
const PREFIX = 'TEMPORAL_PODS_';
const variableOf = (option: string) => PREFIX + option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const optionOf = new Map(OPTIONS.map((option) => [variableOf(option), option]));

/** @throws Problem (2) that names the option and its value, also when a file of it is not there */
export function podsConfig(options: TemporalPodsOptions): PodsConfig {
  mustBeOptions(options);
  const { callbacks, ...others } = options;
  const env = Object.fromEntries(
    Object.entries({ ...others, ...(typeof callbacks === 'string' && { callbacks }) })
      .filter(([, value]) => value !== undefined)
      .map(([option, value]) => [variableOf(option), String(value)]),
  );
  const registry = isObject(callbacks) ? registryOf(callbacks) : undefined;
  return inWords(() => {
    const own = variables(env);
    for (const name of ['TEMPORAL_PODS_TEMPLATE', 'TEMPORAL_PODS_POLICY', 'TEMPORAL_PODS_CALLBACKS'] as const)
      if (own[name] !== undefined) namedFile(name, own[name]);
    if (own.TEMPORAL_PODS_TEMPLATES !== undefined) namedFolder('TEMPORAL_PODS_TEMPLATES', own.TEMPORAL_PODS_TEMPLATES);
    return {
      kubernetes: kubernetesConfig(env),
      logRoot: own.TEMPORAL_PODS_LOG_DIR === undefined ? defaultLogRoot() : resolve(own.TEMPORAL_PODS_LOG_DIR),
      ...(own.TEMPORAL_PODS_SWEEP_EVERY !== 'never' && { sweepEvery: own.TEMPORAL_PODS_SWEEP_EVERY }),
      heartbeatTimeout: own.TEMPORAL_PODS_HEARTBEAT_TIMEOUT,
      maxPodsIsDefault: options.maxPods === undefined,
      files: async () => ({ ...(await workerFiles(env)), ...(registry && { callbacks: registry }) }),
      inItsWords,
    };
  });
}

function mustBeOptions(options: unknown): asserts options is TemporalPodsOptions {
  if (!isObject(options)) throw usage(`temporalPods: must be given an object of options, got ${shown(options)}`);
  const unknown = Object.keys(options)
    .filter((name) => !(name in KINDS))
    .map((name) => `${name}: there is no such option${suggestion(name, OPTIONS, { as: String })}`);
  const wrong = OPTIONS.filter((name) => options[name] !== undefined && !KINDS[name][0](options[name])).map(
    (name) => `${name}=${shown(options[name])}: must be ${KINDS[name][1]}`,
  );
  const missing =
    options['context'] === undefined
      ? ['context: must name a context of the kubeconfig, or be in-cluster; the current context is never used']
      : [];
  const faults = [...unknown, ...wrong, ...missing];
  if (faults.length > 0) throw usage(`temporalPods: the options are not valid: ${faults.join('; ')}`);
}

function registryOf(callbacks: object): CallbackRegistry {
  try {
    return callbacksOf(callbacks, 'callbacks');
  } catch (error) {
    throw usage(`temporalPods: ${messageOf(error)}`);
  }
}

const shown = (value: unknown) =>
  (typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))).slice(0, 80);

function inWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inItsWords(error);
  }
}

function inItsWords(problem: unknown): unknown {
  if (!(problem instanceof Problem)) return problem;
  const said = problem.message
    .replace('the environment is not valid', 'the options are not valid')
    .replace(/TEMPORAL_PODS_[A-Z_]*[A-Z]/g, (name) => optionOf.get(name) ?? name);
  return new Problem(`temporalPods: ${said}`, problem.exitCode, problem.cause);
}
