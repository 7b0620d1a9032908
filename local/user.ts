/** What the user already has. A cluster is only ever used when its context is named: the current one may be production. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Problem, usage } from '../src/common/problem.ts';
import type { Stack } from './stack.ts';

export const hasOwnTemporal = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE']);

/** Loaded late: the client libraries take longer to load than a whole `up` on a running stack. */
export async function ownTemporal(): Promise<Stack['temporal']> {
  const [{ loadClientConnectConfig }, { Connection }] = await Promise.all([
    import('@temporalio/envconfig'),
    import('@temporalio/client'),
  ]);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5 seconds' });
    await connection.close();
  } catch (error) {
    throw new Problem(
      `no Temporal answers at ${address}; start it, or unset TEMPORAL_ADDRESS and TEMPORAL_PROFILE`,
      3,
      error,
    );
  }
  const profile = process.env['TEMPORAL_PROFILE'];
  return { address, namespace: namespace ?? 'default', ...(profile ? { profile } : {}) };
}

const kubeconfigFile = (given: string | undefined): string =>
  given ?? process.env['KUBECONFIG']?.split(delimiter).find(existsSync) ?? join(homedir(), '.kube/config');

export type Wanted = { context: string; kubeconfig?: string | undefined; namespace?: string | undefined };

export async function ownCluster({ context, kubeconfig, namespace }: Wanted): Promise<Stack['kubernetes']> {
  const file = kubeconfigFile(kubeconfig);
  if (!existsSync(file)) throw usage(`${file} is not there; name a kubeconfig with --kubeconfig FILE`);
  const { KubeConfig, CoreV1Api } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(file);
  const found = config.getContextObject(context);
  const known = config.getContexts().map(({ name }) => name);
  if (found === null) throw usage(`${file} has no context ${context}; it has ${known.join(', ') || 'none'}`);
  config.setCurrentContext(context);
  const target = namespace ?? found.namespace ?? 'default';
  try {
    await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: target, limit: 1, timeoutSeconds: 5 });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Problem(`cannot list pods in namespace ${target} of context ${context}: ${why}`, 3, error);
  }
  return { kubeconfig: file, workerKubeconfig: file, context, namespace: target, nodes: [] };
}
