/** What a worker brings to its activities. */
import type { WorkerFiles } from '../config/worker.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { PodReflector } from '../kubernetes/pod-reflector.ts';
import type { Removals } from './removals.ts';
import type { Waits } from './waits.ts';

export interface PodDependencies extends WorkerFiles {
  cluster: Cluster;
  reflector: (namespace: string) => PodReflector;
  /** The Kubernetes namespaces served, and swept; the first one is for specs that name none. */
  namespaces: readonly [string, ...string[]];
  /** UUID of the Temporal namespace. */
  temporalNamespaceId: string;
  /** Folder of the logs; shared by all workers of a task queue, or a log that changes workers is cut in two. */
  logRoot: string;
  /** Has `sh`, `stat`, `head`, `readlink`, `base64` and `sha256sum`: hands over result files (`result: { from: 'file' }`). */
  collectorImage: string;
  /** Default: `WAITS`. */
  waits?: Partial<Waits>;
  /** Shared by the activities of a worker, and closed before its cluster. */
  removals: Removals;
}
