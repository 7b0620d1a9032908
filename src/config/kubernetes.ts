/**
 * Where Kubernetes is: a context that was named, then the stack that `npm run up` left. The current context of a kubeconfig is never
 * used: it may be somebody's production.
 */
import { infrastructure, usage } from '../common/problem.ts';
import { orUp } from '../common/program-name.ts';
import { readLocalStack } from './local-stack.ts';
import { variables } from './variables.ts';

export interface KubernetesConfig {
  /** Undefined: the usual places of a kubeconfig. */
  kubeconfig?: string;
  context: string;
  /** The namespaces served, and swept; the first one is for specs that name none. */
  namespaces: [string, ...string[]];
  /** Pods at once in one worker: each holds a slot for its whole life. */
  maxPods: number;
  /** Image of the container that hands over result files. */
  collectorImage: string;
}

const COLLECTOR_IMAGE = 'busybox:1.37';

/** @throws Problem when no context was named and no stack of ours is up */
export function kubernetesConfig(env: NodeJS.ProcessEnv = process.env): KubernetesConfig {
  const own = variables(env);
  const { TEMPORAL_PODS_CONTEXT: context, TEMPORAL_PODS_KUBECONFIG: kubeconfig, TEMPORAL_PODS_MAX_PODS: maxPods } = own;
  const collectorImage = own.TEMPORAL_PODS_COLLECTOR_IMAGE;
  if (context !== undefined)
    return {
      context,
      maxPods,
      namespaces: list(own.TEMPORAL_PODS_NAMESPACE ?? 'default'),
      collectorImage: collectorImage ?? COLLECTOR_IMAGE,
      ...(kubeconfig && { kubeconfig }),
    };
  if (kubeconfig !== undefined)
    throw usage('TEMPORAL_PODS_KUBECONFIG is set, but TEMPORAL_PODS_CONTEXT does not say which context of it to use');
  const stack = readLocalStack();
  if (!stack)
    throw infrastructure(
      `no Kubernetes cluster: ${orUp('set TEMPORAL_PODS_CONTEXT to a context of your kubeconfig (or to in-cluster)')}. ` +
        'The current context is never used.',
    );
  return {
    kubeconfig: stack.kubernetes.workerKubeconfig,
    context: stack.kubernetes.context,
    namespaces: list(own.TEMPORAL_PODS_NAMESPACE ?? stack.kubernetes.namespace),
    maxPods,
    // The local cluster has no registry to pull anything else from.
    collectorImage: collectorImage ?? stack.images?.shell ?? COLLECTOR_IMAGE,
  };
}

const list = (names: string) => names.split(',') as [string, ...string[]];
