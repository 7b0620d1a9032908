/** The rules that an operator may set, and what holds where none is set. */
import type { Duration } from '../contract/index.ts';

/**
 * Names are globs: `*` stands for any characters, also none; an entry that begins with `!` refuses what the others allow.
 * A rule that is left out keeps its default. The defaults together are what Pod Security `baseline` lets through, less the
 * identities of others: whoever may start a workflow does not get the node.
 */
export interface Policy {
  /** Among those that the worker serves. Default: all. */
  namespaces?: string[];
  /** Of every container, and of image volumes; an image without tag counts as `:latest`. Default: all. */
  images?: string[];
  /** Every image must end in `@sha256:…`. Default false. */
  imageDigestsOnly?: boolean;
  /** Keys. A label can make a pod part of somebody's Service. Ours are always allowed. Default: all. */
  labels?: string[];
  /** Keys. Ours are always allowed. Default: all. */
  annotations?: string[];
  /** Labels that every pod must have, each with the values it may have. Default: none. */
  requireLabels?: Demands;
  /** Annotations that every pod must have, each with the values it may have. Default: none. */
  requireAnnotations?: Demands;

  /** Default: `default`. */
  serviceAccounts?: string[];
  /** Whether a pod may hold a token or certificate of its service account. Default false. */
  serviceAccountTokens?: boolean;
  /** However they are referred to. Default: all of the namespace. */
  secrets?: string[];
  /** However they are referred to. Default: all of the namespace. */
  configMaps?: string[];

  /**
   * Kubernetes' names: `nfs`, `persistentVolumeClaim`. Default: those that Pod Security `restricted` lets through, images and
   * network file systems. `hostPath` is `hostPaths`' alone.
   */
  volumeTypes?: string[];
  /** Folders of the node. Default: none. */
  hostPaths?: HostPath[];
  /** Also what an ephemeral volume is a copy of. Default: all of the namespace. */
  persistentVolumeClaims?: string[];
  /** Of ephemeral volumes; one that names none has the cluster's, which is always allowed. Default: all. */
  storageClasses?: string[];
  /** Of inline `csi` volumes. Default: all. */
  csiDrivers?: string[];
  /** ResourceClaims and their templates. Default: all of the namespace. */
  resourceClaims?: string[];

  /** Default false. */
  hostNetwork?: boolean;
  /** Default false. */
  hostPID?: boolean;
  /** Default false. */
  hostIPC?: boolean;
  /** A port, or `8000-8099`. Default: none. */
  hostPorts?: (number | string)[];
  /** Whether probes and lifecycle hooks may name another host, which the node then calls. Default false. */
  probeHosts?: boolean;
  /** The pod must have users of its own (`hostUsers: false`). Default false. */
  requireUserNamespace?: boolean;

  /** Windows' group managed service accounts, by the name of their GMSACredentialSpec. Default: none. */
  gmsaCredentials?: string[];

  /** Also Windows' `hostProcess`. Default false. */
  privileged?: boolean;
  /** Default true: a pod gets `allowPrivilegeEscalation: false` unless its template says otherwise. */
  privilegeEscalation?: boolean;
  /** Also Windows' administrators. Default true: a pod runs as 65532 unless its template says otherwise; many images need root. */
  runAsRoot?: boolean;
  /** That may be added, without `CAP_`; `ALL` allows every one. Default: those of Pod Security `baseline`. */
  capabilities?: string[];
  /** `Default`, `Unmasked`. Default: `Default`. */
  procMounts?: string[];
  /** Profile types. Default: all but `Unconfined`. */
  seccompProfiles?: string[];
  /** Profile types. Default: all but `Unconfined`. */
  appArmorProfiles?: string[];
  /** `*` also allows SELinux users and roles. Default: those of Pod Security `baseline`. */
  seLinuxTypes?: string[];
  /** Default: those of Pod Security `baseline`. */
  sysctls?: string[];

  /** `''` is a pod without one. Default: all. */
  runtimeClasses?: string[];
  /** `''` is a pod without one. Default: all but `system-*`. */
  priorityClasses?: string[];
  /** A pod without one has `default-scheduler`. Default: all. */
  schedulers?: string[];
  /** Besides ours. Default: all. */
  schedulingGates?: string[];
  /** Keys of labels that a pod may choose its nodes by (selector, affinity, topology). Default: all. */
  nodeLabels?: string[];
  /** What `nodeSelector` must say, each with the values it may have: the only way to keep a pod from other nodes. Default: nothing. */
  requireNodeSelector?: Demands;
  /** Whether a pod may choose its node by name. Default true. */
  nodeNames?: boolean;
  /** Keys of taints that may be tolerated; `''` is the toleration of all. Default: all. */
  tolerations?: string[];

  /** By resource; a name with `*` means extended resources and huge pages that have no entry. Default: no bounds. */
  resources?: Record<string, ResourceBound>;
  /** Resources that every container must have a limit for. Default: none. */
  requireLimits?: string[];
  /** Of the pod's `activeDeadlineSeconds`, which is `timeouts.total`. Default: no bound. */
  maxRunTime?: Duration;
  /** Default: no bound. */
  maxGrace?: Duration;
  /** Of what is kept of one container's log, as `logs.maxBytes`, which cannot exceed it. A Kubernetes quantity. Default: no bound. */
  maxLogBytes?: number | string;
}

/** Each key must be there, with a value of these globs. */
export type Demands = Record<string, string | string[]>;

export interface HostPath {
  /**
   * Pods may write here, so only this very folder is allowed: one below it can be a link that another pod has made, and the node
   * follows links. Read-only: this folder and all below it; whatever is linked there is shown too.
   */
  path: string;
  /** Every mount of it must be read-only. Default false. */
  readOnly?: boolean;
}

/** Of the whole pod, counted as the scheduler counts: init containers run one after the other, sidecars beside all. */
export interface ResourceBound {
  /** A Kubernetes quantity. */
  request?: number | string;
  /** A Kubernetes quantity. For cpu, memory and ephemeral-storage every container must then have a limit. */
  limit?: number | string;
}

export type Rules = Required<Policy>;

const ALL = ['*'];

export const DEFAULTS: Rules = {
  namespaces: ALL,
  images: ALL,
  imageDigestsOnly: false,
  labels: ALL,
  annotations: ALL,
  requireLabels: {},
  requireAnnotations: {},
  serviceAccounts: ['default'],
  serviceAccountTokens: false,
  secrets: ALL,
  configMaps: ALL,
  volumeTypes: [
    ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
    'secret',
    // Not what is attached to the node as a device by an id that the author chooses, nor what the node runs (gitRepo, flexVolume).
    ...['azureFile', 'cephfs', 'glusterfs', 'nfs'],
  ],
  hostPaths: [],
  persistentVolumeClaims: ALL,
  storageClasses: ALL,
  csiDrivers: ALL,
  resourceClaims: ALL,
  hostNetwork: false,
  hostPID: false,
  hostIPC: false,
  hostPorts: [],
  probeHosts: false,
  requireUserNamespace: false,
  gmsaCredentials: [],
  privileged: false,
  privilegeEscalation: true,
  runAsRoot: true,
  capabilities: [
    ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
    ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
  ],
  procMounts: ['Default'],
  seccompProfiles: ['*', '!Unconfined'],
  appArmorProfiles: ['*', '!Unconfined'],
  seLinuxTypes: ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'],
  sysctls: [
    'kernel.shm_rmid_forced',
    ...['ip_local_port_range', 'ip_local_reserved_ports', 'ip_unprivileged_port_start', 'ping_group_range'].map(ipv4),
    ...['syncookies', 'keepalive_time', 'keepalive_intvl', 'keepalive_probes', 'fin_timeout'].map(tcp),
  ],
  runtimeClasses: ALL,
  priorityClasses: ['*', '!system-*'],
  schedulers: ALL,
  schedulingGates: ALL,
  nodeLabels: ALL,
  requireNodeSelector: {},
  nodeNames: true,
  tolerations: ALL,
  resources: {},
  requireLimits: [],
  maxRunTime: Infinity,
  maxGrace: Infinity,
  maxLogBytes: Infinity,
};

function ipv4(name: string): string {
  return `net.ipv4.${name}`;
}

function tcp(name: string): string {
  return ipv4(`tcp_${name}`);
}
