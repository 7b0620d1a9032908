/** What the user already has. A cluster is only ever used when its context is named: the current one may be production. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { messageOf } from '../src/common/message-of.ts';
import { pathText } from '../src/common/path-text.ts';
import { Problem, usage } from '../src/common/problem.ts';
import type { Stack } from './stack.ts';

export const hasOwnTemporal = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE']);

/** Loaded late: the client libraries take longer to load than a whole `up` on a running stack. */
export async function ownTemporal(): Promise<Stack['temporal']> {
  const [{ readTemporal }, { Connection }] = await Promise.all([
    import('../src/config/temporal.ts'),
    import('@temporalio/client'),
  ]);
  const { connectionOptions, namespace } = readTemporal(process.env);
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

function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw usage(messageOf(error));
  }
}

export type Wanted = { context: string; kubeconfig?: string | undefined; namespace?: string | undefined };

export async function ownCluster({ context, kubeconfig, namespace }: Wanted): Promise<Stack['kubernetes']> {
  const file = kubeconfigFile(kubeconfig);
  if (!existsSync(file)) throw usage(`${pathText(file)} is not there; name a kubeconfig with --kubeconfig FILE`);
  const [{ loadKubeConfig }, { clusterOf }, { MANAGED_SELECTOR }] = await Promise.all([
    import('../src/kubernetes/kubeconfig.ts'),
    import('../src/kubernetes/connect.ts'),
    import('../src/pod/identity.ts'),
  ]);
  const config = asUsage(() => loadKubeConfig(context, file));
  const target = namespace ?? config.getContextObject(context)?.namespace ?? 'default';
  const cluster = clusterOf(config, { call: 5_000 });
  try {
    await cluster.listPods(target, MANAGED_SELECTOR);
  } catch (error) {
    throw new Problem(`cannot list pods in namespace ${target} of context ${context}: ${messageOf(error)}`, 3, error);
  } finally {
    cluster.close();
  }
  return { kubeconfig: file, workerKubeconfig: file, context, namespace: target, nodes: [] };
}
