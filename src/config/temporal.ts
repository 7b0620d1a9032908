/** Where Temporal is: its own conventions first (environment, then temporal.toml), then the stack that `npm run up` left. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { messageOf } from '../common/message-of.ts';
import { usage } from '../common/problem.ts';
import { readLocalStack } from './local-stack.ts';
import { variables } from './variables.ts';

const DEFAULT_ADDRESS = '127.0.0.1:7233';

export interface TemporalConfig {
  connection: ClientConnectConfig['connectionOptions'] & { address: string };
  namespace: string;
  /** Base of the Web UI's addresses, without a trailing slash. */
  uiUrl?: string;
  /** Pods run on this task queue, cleanups on the one named `<taskQueue>-cleanup`. */
  taskQueue: string;
  /** Folder of the pods' logs. */
  logRoot: string;
  /** How often pods that no run and no attempt cares for are looked for; undefined: never. */
  sweepEvery?: string;
}

/** @throws Problem (2) that names the variable and its value */
export function temporalConfig(env: NodeJS.ProcessEnv = process.env): TemporalConfig {
  const own = variables(env);
  const stack = readLocalStack()?.temporal;
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

/** The page of a run in the Web UI. */
export const runUrl = ({ uiUrl, namespace }: TemporalConfig, workflowId: string, runId: string): string | undefined =>
  uiUrl &&
  `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;

function readTemporal(env: NodeJS.ProcessEnv, profile: string | undefined): ClientConnectConfig {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars, ...(profile !== undefined && { profile }) });
  } catch (error) {
    throw usage(`Temporal's configuration cannot be read: ${messageOf(error)}`);
  }
}

const stateHome = (env: NodeJS.ProcessEnv) => env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
