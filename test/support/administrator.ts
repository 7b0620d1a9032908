import { KubeConfig } from '@kubernetes/client-node';
import { readStack } from '../../local/stack.ts';

/** The administrator of the local cluster, who may do what no worker may. The stack has to be up. */
export function administrator(): KubeConfig {
  const { kubeconfig = '', context = '' } = readStack()?.kubernetes ?? {};
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return config;
}
