/** Where Temporal is: its own conventions first (environment, then temporal.toml), then the stack that `npm run up` left. */
import { resolve } from 'node:path';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { messageOf } from '../common/message-of.ts';
import { pathText } from '../common/path-text.ts';
import { usage } from '../common/problem.ts';
import { defaultLogRoot } from './files.ts';
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
  /** Of a pod's activity, in milliseconds. */
  heartbeatTimeout: number;
}

/** @throws Problem (2) that names the variable and its value */
export function temporalConfig(env: NodeJS.ProcessEnv = process.env): TemporalConfig {
  const own = variables(env);
  const stack = readLocalStack()?.temporal;
  const named = readTemporal(env);
  const profile = named.connectionOptions.address ? named : readTemporal(env, stack?.profile);
  const address = profile.connectionOptions.address ?? stack?.address ?? DEFAULT_ADDRESS;
  const uiUrl = own.TEMPORAL_PODS_UI_URL ?? (stack?.address === address ? stack.uiUrl : undefined);
  return {
    connection: { ...profile.connectionOptions, address },
    namespace: profile.namespace ?? (stack?.address === address ? stack.namespace : 'default'),
    ...(uiUrl && { uiUrl: uiUrl.replace(/\/+$/, '') }),
    taskQueue: own.TEMPORAL_PODS_TASK_QUEUE,
    ...(own.TEMPORAL_PODS_SWEEP_EVERY !== 'never' && { sweepEvery: own.TEMPORAL_PODS_SWEEP_EVERY }),
    heartbeatTimeout: own.TEMPORAL_PODS_HEARTBEAT_TIMEOUT,
    logRoot: own.TEMPORAL_PODS_LOG_DIR === undefined ? defaultLogRoot(env) : resolve(own.TEMPORAL_PODS_LOG_DIR),
  };
}

/** The page of a run in the Web UI. */
export const runUrl = ({ uiUrl, namespace }: TemporalConfig, workflowId: string, runId: string): string | undefined =>
  uiUrl &&
  `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;

/** A parser shows the line that it cannot read, which may well be the one with the key. */
function unreadable(error: unknown, env: NodeJS.ProcessEnv): string {
  const { line, column } = error as { line?: unknown; column?: unknown };
  if (typeof line !== 'number') return messageOf(error);
  const file = pathText(env['TEMPORAL_CONFIG_FILE'] ?? 'temporal.toml');
  return `${file}: line ${line}, column ${String(column)} is not valid TOML`;
}

const WITHOUT_CONTROLS = /^[\x20-\x7e]*$/;

/** What goes into a header is looked at here: the SDK's refusal would show it. What is part of messages must hold no password. */
function mustBeFit({ address, apiKey, metadata }: ClientConnectConfig['connectionOptions']): void {
  if (address?.includes('@'))
    throw usage(
      'TEMPORAL_ADDRESS (or the address of the profile) has a user in it; it is host:port, a key is TEMPORAL_API_KEY',
    );
  if (apiKey !== undefined && !(typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)))
    throw usage(
      'the API key (TEMPORAL_API_KEY, or api_key of the profile) is empty, or has a blank, a line break or another character ' +
        'that no header may have',
    );
  for (const [name, value] of Object.entries(metadata ?? {}))
    if (typeof value !== 'string' || !WITHOUT_CONTROLS.test(value) || !/^[0-9a-z_.-]+$/.test(name))
      throw usage(`TEMPORAL_GRPC_META_* (or grpc_meta of the profile): no header can carry '${name}' as it is`);
}

/** What the user's own environment and temporal.toml say. @throws Problem (2), which shows no secret */
export function readTemporal(env: NodeJS.ProcessEnv, profile?: string): ClientConnectConfig {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  let config: ClientConnectConfig;
  try {
    config = loadClientConnectConfig({ overrideEnvVars, ...(profile !== undefined && { profile }) });
  } catch (error) {
    throw usage(`Temporal's configuration cannot be read: ${unreadable(error, env)}`);
  }
  mustBeFit(config.connectionOptions);
  return config;
}
