/**
 * Where Temporal and Kubernetes are. Temporal's own conventions come first (environment, then temporal.toml), then the stack that
 * `npm run up` left; for Kubernetes a context that was named, then that stack. The current context of a kubeconfig is
 * never used: it may be somebody's production.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { readStack } from '../local/stack.ts';
import { milliseconds } from './duration.ts';
import { infrastructure, usage } from './problem.ts';

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const VARIABLES = {
  TEMPORAL_PODS_TASK_QUEUE: z.string().min(1).max(200).default('temporal-pods'),
  TEMPORAL_PODS_CONTEXT: z.string().min(1).optional(),
  TEMPORAL_PODS_KUBECONFIG: z.string().min(1).optional(),
  TEMPORAL_PODS_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(,[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/, 'is not a list of namespaces')
    .optional(),
  TEMPORAL_PODS_SWEEP_EVERY: z
    .string()
    .refine((text) => text === 'never' || isLength(text), 'is neither a length of time nor never')
    .default('5m'),
  TEMPORAL_PODS_LOG_DIR: z.string().min(1).optional(),
  TEMPORAL_PODS_MAX_PODS: z.coerce
    .number('is not a number')
    .int('is not a whole number')
    .min(1)
    .max(10_000)
    .default(500),
  TEMPORAL_PODS_UI_URL: z.url('is not a URL').optional(),
};

export interface TemporalConfig {
  connection: ClientConnectConfig['connectionOptions'] & { address: string };
  namespace: string;
  /** Base of the Web UI's addresses, without a trailing slash. */
  uiUrl?: string;
  /** Pods run on this task queue, cleanups on the one named `<taskQueue>-cleanup`. */
  taskQueue: string;
  /** Folder of the pods' logs. */
  logRoot: string;
  /** How often pods that nobody cares for are looked for; undefined: never. */
  sweepEvery?: string;
}

export interface KubernetesConfig {
  /** Undefined: the usual places of a kubeconfig. */
  kubeconfig?: string;
  context: string;
  /** The namespaces served, and swept; the first one is for specs that name none. */
  namespaces: [string, ...string[]];
  /** Pods at once in one worker: each holds a slot for its whole life. */
  maxPods: number;
}

/** @throws Problem (2) that names the variable and its value */
export function temporalConfig(env: NodeJS.ProcessEnv = process.env): TemporalConfig {
  const own = variables(env);
  const stack = readStack()?.temporal;
  const named = readTemporal(env, undefined);
  const profile = named.connectionOptions.address ? named : readTemporal(env, stack?.profile);
  const address = profile.connectionOptions.address ?? stack?.address ?? DEFAULT_ADDRESS;
  const uiUrl = own.TEMPORAL_PODS_UI_URL ?? (stack?.address === address ? stack.uiUrl : undefined);
  return {
    connection: { ...profile.connectionOptions, address },
    namespace: profile.namespace ?? (stack?.address === address ? stack.namespace : 'default'),
    ...(uiUrl && { uiUrl: uiUrl.replace(/\/+$/, '') }),
    taskQueue: own.TEMPORAL_PODS_TASK_QUEUE,
    ...(own.TEMPORAL_PODS_SWEEP_EVERY !== 'never' && { sweepEvery: own.TEMPORAL_PODS_SWEEP_EVERY }),
    logRoot: resolve(own.TEMPORAL_PODS_LOG_DIR ?? join(stateHome(env), 'temporal-pods', 'logs')),
  };
}

/** @throws Problem when no context was named and no stack of ours is up */
export function kubernetesConfig(env: NodeJS.ProcessEnv = process.env): KubernetesConfig {
  const own = variables(env);
  const { TEMPORAL_PODS_CONTEXT: context, TEMPORAL_PODS_KUBECONFIG: kubeconfig, TEMPORAL_PODS_MAX_PODS: maxPods } = own;
  if (context !== undefined)
    return {
      context,
      maxPods,
      namespaces: list(own.TEMPORAL_PODS_NAMESPACE ?? 'default'),
      ...(kubeconfig && { kubeconfig }),
    };
  if (kubeconfig !== undefined)
    throw usage('TEMPORAL_PODS_KUBECONFIG is set, but TEMPORAL_PODS_CONTEXT does not say which context of it to use');
  const stack = readStack()?.kubernetes;
  if (!stack)
    throw infrastructure(
      'no Kubernetes cluster: set TEMPORAL_PODS_CONTEXT to a context of your kubeconfig (or to in-cluster), ' +
        'or start a local one with `npm run up`. The current context is never used.',
    );
  return {
    kubeconfig: stack.workerKubeconfig,
    context: stack.context,
    namespaces: list(own.TEMPORAL_PODS_NAMESPACE ?? stack.namespace),
    maxPods,
  };
}

/** The page of a run in the Web UI. */
export const runUrl = ({ uiUrl, namespace }: TemporalConfig, workflowId: string, runId: string): string | undefined =>
  uiUrl &&
  `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;

function variables(env: NodeJS.ProcessEnv) {
  const checked = z.object(VARIABLES).safeParse(env);
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map(
    ({ path, message }) => `${path.join('.')}=${env[path.join('.')]}: ${message}`,
  );
  throw usage(`the environment is not valid: ${faults.join('; ')}`);
}

function readTemporal(env: NodeJS.ProcessEnv, profile: string | undefined): ClientConnectConfig {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars, ...(profile !== undefined && { profile }) });
  } catch (error) {
    throw usage(`Temporal's configuration cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const list = (text: string) => text.split(',') as [string, ...string[]];

function isLength(text: string): boolean {
  try {
    return milliseconds(text) >= 1000;
  } catch {
    return false;
  }
}

const stateHome = (env: NodeJS.ProcessEnv) => env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
