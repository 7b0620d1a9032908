/** What a worker brings to its activities. */
import type { PodTemplate } from '../contract/index.ts';
import type { CallbackRegistry } from './callbacks.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { PodReflector } from '../kubernetes/pod-reflector.ts';
import type { Policy } from '../policy/index.ts';

export interface PodDependencies {
  cluster: Cluster;
  reflector: (namespace: string) => PodReflector;
  /** The Kubernetes namespaces served, and swept; the first one is for specs that name none. */
  namespaces: readonly [string, ...string[]];
  /** UUID of the Temporal namespace. */
  temporalNamespaceId: string;
  /** Folder of the logs; shared by all workers of a task queue, or a log that changes workers is cut in two. */
  logRoot: string;
  /** The operator's own template under every spec, and the folder that `templateFile` is looked up in. */
  templates: { defaults: PodTemplate; folder?: string };
  /** What the final manifest may contain. */
  policy: Policy;
  callbacks: CallbackRegistry;
  /** Has `sh`, `stat`, `head`, `readlink`, `base64` and `sha256sum`: hands over result files (`result: { from: 'file' }`). */
  collectorImage: string;
}
