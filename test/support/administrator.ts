import { PassThrough } from 'node:stream';
import { CoreV1Api, Exec, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { readStack } from '../../local/stack.ts';

/** The administrator of the local cluster, who may do what no worker may. The stack has to be up. */
export function administrator(): KubeConfig {
  const { kubeconfig = '', context = '' } = readStack()?.kubernetes ?? {};
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return config;
}

/** Makes a file in the main container, for a program that waits for one. */
export async function touch({ metadata }: V1Pod, file: string): Promise<void> {
  const { namespace = '', name = '' } = metadata ?? {};
  // The API server refuses an exec that wants no stream at all.
  await new Exec(administrator()).exec(namespace, name, 'base', ['touch', file], new PassThrough(), null, null, false);
}

/** As a webhook of others does it, or takes it back. */
export async function setFinalizers({ metadata }: V1Pod, finalizers: string[]): Promise<void> {
  const { name = '', namespace = '' } = metadata ?? {};
  const body = [{ op: 'add', path: '/metadata/finalizers', value: finalizers }];
  await administrator().makeApiClient(CoreV1Api).patchNamespacedPod({ name, namespace, body });
}
