/** What an author asks for. Types only: the workflow sandbox, Node's type stripping and the client all import this file. */
import type { Duration } from '../common/duration.ts';
import type {
  V1EnvFromSource,
  V1EnvVarSource,
  V1ObjectMeta,
  V1PodSpec,
  V1Toleration,
  V1Volume,
  V1VolumeMount,
} from './kubernetes.ts';

export type { Duration } from '../common/duration.ts';

/**
 * What the author asks for: the argument of `runPod`. Everything is optional but an image for the main container. The fields
 * are shorthands for the main container and the pod; `template` takes everything that Kubernetes knows.
 *
 * The manifest is made of layers, each over the one before: defaults that Pod Security `restricted` admits, the worker's own
 * template, `templateFile`, `template`, these fields. Objects merge; lists that have a key in Kubernetes merge by it (containers,
 * env, volumes, image pull secrets by name; mounts by path; ports by number and protocol; host aliases by IP), other lists
 * are replaced; `null` removes what an earlier layer said, in a keyed list `{ name: …, $patch: 'delete' }` does.
 */
export interface PodSpec {
  /** Image of the main container. */
  image?: string;
  /** Entrypoint of the main container (Kubernetes `command`); the image's own when absent. */
  command?: string[];
  /** Arguments (Kubernetes `args`); the image's own when absent. */
  args?: string[];
  /**
   * Environment of the main container: text, or where the value comes from (`{ secretKeyRef: { name, key } }`,
   * `{ configMapKeyRef }`, `{ fieldRef: { fieldPath: 'status.podIP' } }`), or `null` for a variable that a template sets and
   * this pod shall not have. Text is readable in the history: refer to secrets, never write them here.
   */
  env?: Record<string, string | V1EnvVarSource | null>;
  /** Whole Secrets and ConfigMaps as environment of the main container. */
  envFrom?: V1EnvFromSource[];
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Names of the Secrets with credentials for the registries. */
  imagePullSecrets?: string[];
  /** Requests and limits of the main container, in Kubernetes quantities: `{ requests: { cpu: '250m' } }`. */
  resources?: { requests?: Record<string, string | null> | null; limits?: Record<string, string | null> | null };
  /** Volumes of the pod, by name. */
  volumes?: V1Volume[];
  /** Mounts of the main container, by path. */
  volumeMounts?: V1VolumeMount[];
  nodeSelector?: Record<string, string | null>;
  tolerations?: V1Toleration[];
  labels?: Record<string, string | null>;
  annotations?: Record<string, string | null>;
  /** Default: the first namespace that the worker serves. */
  namespace?: string;
  /** Default: the namespace's `default`; its token is not mounted unless the template says so. */
  serviceAccount?: string;
  /** Any pod, merged under the fields above. */
  template?: PodTemplate;
  /** A YAML file with a pod, merged under `template`; relative to the worker's folder of templates, and never outside of it. */
  templateFile?: string;
  /** The one container that decides the outcome. Default `base`. */
  mainContainer?: string;

  timeouts?: PodTimeouts;
  /** Time between SIGTERM and SIGKILL (`terminationGracePeriodSeconds`), in whole seconds. Default 30 s. */
  grace?: Duration;
  /** What the exit codes of the main container mean. Default: 0 is success, everything else a failure. */
  exitCodes?: ExitCodes;
  /** Tries after a failed one, each in a new pod. A number is short for `{ count }`. Default 0. A pod that never started is tried again for free. */
  retries?: number | Retries;
  /**
   * The work may be repeated at any point: a pod that the cluster took away while it ran (evicted, preempted,
   * deleted) is then replaced for free, at most 3 times in a row, and costs no try. Default false.
   */
  idempotent?: boolean;
  logs?: LogOptions;
  /** Whether the pod's events go into the result and the failure. Default `onProblem`: into the failure. */
  events?: 'onProblem' | 'always' | 'never';
  /** Where the task's result comes from. Default: the termination message, if it is JSON. */
  result?: ResultSource;
  /**
   * What becomes of the pod when its end is known. Default `delete`. `keepFailed` and `keep` leave the finished pod for `keepFor`, for
   * `kubectl describe` and `kubectl logs`; then it is swept. A pod that still runs is always deleted; a finished one whose log could not
   * be stored to its end is kept in any case.
   */
  onFinish?: 'delete' | 'keepFailed' | 'keep';
  /**
   * The result waits until the pod is seen to be gone, for a successor that needs what the pod holds until then (a volume that one node
   * at a time may have, a quota). Default false: in a `dag` a good result is there when all containers have ended; outside of one, and
   * for a failure, it waits in any case.
   */
  waitForRemoval?: boolean;
  /** How long a kept pod is kept. Default 1 hour. */
  keepFor?: Duration;
  /** `keep`: a cancelled task's pod runs on, unattended, and is swept after `keepFor`. Default `delete`. */
  onCancel?: 'delete' | 'keep';
  /** `delete`: a task that is paused loses its pod, and gets a new one (see `idempotent`, `retries`) when it goes on. Default `keep`. */
  onPause?: 'keep' | 'delete';
  /**
   * After a failure the finished pod is kept to be looked at, and the task waits, at most for so long, for the signal `endDebug`
   * (`end-debug <id> <task>`); then the pod is deleted and the failure takes its course. It takes no slot of `maxParallel` meanwhile.
   * At most 29 days. Default: it does not wait.
   */
  keepForDebug?: Duration;
  /** Names of callbacks that are registered in the worker, called in this order. */
  callbacks?: string[];
}

/** Every value may be `null`: it then removes what an earlier layer said. */
export interface PodTemplate {
  metadata?: Pick<V1ObjectMeta, 'labels' | 'annotations'>;
  spec?: Partial<V1PodSpec>;
}

/**
 * Deadlines are absolute: they follow from the moment at which the task was scheduled and from the pod's own status, so no worker's
 * restart starts a clock again.
 */
export interface PodTimeouts {
  /** From the task's scheduling until the pod has a node; waiting for a quota counts. Default 15 minutes. */
  schedule?: Duration;
  /** From there until the main container runs; the time of init containers that run or ran does not count. Default 15 minutes. */
  start?: Duration;
  /** For each init container, from its start to its end. Default: none. Sidecars among them have none. */
  init?: Duration;
  /** How long pulling an image may go on failing in a way that may pass. Default 3 minutes. */
  imagePull?: Duration;
  /** From the start of the main container to its end. Default: none (`total` bounds it). */
  run?: Duration;
  /** Everything, from the task's scheduling. Default 24 hours, or the `maxRunTime` of the worker's policy if that is less. */
  total?: Duration;
  /** How long the node of a running pod may be silent. Default 5 minutes, never less than 30 s. */
  nodeLost?: Duration;
  /** How long a finished pod is kept for log lines that cannot be read at once. Default 60 s, at most 60 s. */
  drain?: Duration;
  /** How long, after its grace, a deleted pod is waited for before the workflow's cleanup takes over. Default 60 s. */
  terminate?: Duration;
}

/** What exit codes of the main container mean. */
export interface ExitCodes {
  /** Default `[0]`. */
  success?: number[];
  /** The task ends well with `outcome: 'Skipped'` and without a result. */
  skip?: number[];
  /** If given, only these are tried again. */
  retry?: number[];
  /** Never tried again. */
  fatal?: number[];
}

/** How often, and how soon, a failed pod is followed by another one. */
export interface Retries {
  /** Tries after the first one, at most 100. */
  count: number;
  /** Before the second try. Default 5 s. */
  delay?: Duration;
  /** By which the delay grows from try to try. Default 2. */
  factor?: number;
  /** Default 5 minutes. */
  maxDelay?: Duration;
}

/** What is kept of the containers' logs. */
export interface LogOptions {
  /** Which containers' logs are kept, init containers and sidecars included. Default `all`. */
  containers?: 'all' | string[];
  /** A longer line is cut there, and says so. Default: no line is cut. */
  maxLineBytes?: number;
  /** After so much per container nothing more is kept (another worker begins anew for a sidecar's further starts); the log and the result say how much was dropped. Default: the most that the worker's policy allows (`maxLogBytes`). */
  maxBytes?: number;
  /** Of the last lines in result and failure. Default 8192, at most 16384. */
  tailBytes?: number;
  /** Also print every line in the worker's own log, with the level it speaks of. Default false. */
  print?: boolean;
}

/** What holds for a result, wherever it comes from. */
export interface ResultOptions {
  /** No value is the failure `ResultMissing`. Default true, for `terminationMessage` false. */
  required?: boolean;
  /** JSON Schema of the value; a value that does not fit is the failure `ResultInvalid`. */
  schema?: Record<string, unknown>;
}

/** Always JSON. More than 1 MiB is refused (`ResultTooLarge`): write it where it belongs, and return its address. */
export type ResultSource =
  /** /dev/termination-log of the main container; Kubernetes keeps 4096 bytes. */
  | (ResultOptions & { from: 'terminationMessage' })
  /** What follows the marker on the last line of the main container's log that begins with it. Default marker `::result::`. */
  | (ResultOptions & { from: 'log'; marker?: string })
  /** A file that the main container wrote, below a folder that is mounted for it. Absolute path. */
  | (ResultOptions & { from: 'file'; path: string });
