/** What an author may say to the plugin; alone in its file, so that its types bring no others. */
import type { Duration } from '../common/duration.ts';
import type { CallbackRegistry } from '../contract/callbacks.ts';

/** Of `temporalPods`: the variables of `temporal-pods worker` (`TEMPORAL_PODS_MAX_PODS`) in camel case (`maxPods`). */
export interface TemporalPodsOptions {
  /**
   * A context of the kubeconfig, or `in-cluster`: the service account of the worker's own pod. The current context is never used: it may be
   * somebody's production.
   */
  readonly context: string;
  /** Path of the kubeconfig. Default: `KUBECONFIG`, then `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** The Kubernetes namespaces served, and swept; the first one is for specs that name none. Default: `default`. */
  readonly namespace?: string | readonly [string, ...string[]];
  /**
   * Folder of the pods' logs, made when it is not there. All workers of a task queue share it, or a log that changes workers is cut in two.
   * Default: `$XDG_STATE_HOME/temporal-pods/logs`, or the same in `~/.local/state`.
   */
  readonly logDir?: string;
  /**
   * Pods at once in this worker, 1 to 10,000. It becomes the worker's `maxConcurrentActivityTaskExecutions`, so your own activities take of
   * the same slots. Default: what the worker has of its own (`maxConcurrentActivityTaskExecutions` or `tuner`), else 500.
   */
  readonly maxPods?: number;
  /** How often pods are looked for that nobody is left to delete: `'5m'`, or milliseconds, at least 1 s; or `'never'`. Default: 5 min. */
  readonly sweepEvery?: Duration;
  /** How long after its last sign a worker is taken for dead, 10 s to 10 min: `'1m'`, or milliseconds. Default: 30 s. */
  readonly heartbeatTimeout?: Duration;
  /** Path of a YAML file: the Pod that lies under every spec. Default: none. */
  readonly template?: string;
  /** Folder that a spec's `templateFile` is looked up in. Default: none, and `templateFile` is refused. */
  readonly templates?: string;
  /** Path of a YAML file: what the final pod may contain. Default: what Pod Security `baseline` admits. */
  readonly policy?: string;
  /** The callbacks by their names, or the path of a module whose default export they are. Default: none. */
  readonly callbacks?: CallbackRegistry | string;
  /** Image of the container that hands over result files. Default: `busybox:1.37`. */
  readonly collectorImage?: string;
}
