import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster as KubeCluster, KubeConfig } from '@kubernetes/client-node';
import { annotatePod } from './annotate.ts';
import type { Cluster } from './cluster.ts';
import { createHttp } from './http.ts';
import { loadKubeConfig } from './kubeconfig.ts';
import { shared } from '../common/shared.ts';
import { coreApi, createPod, deletePod, killedPods, listPods, podEvents, readPod } from './pod-api.ts';
import { openLog } from './pod-log.ts';
import { watchPods } from './pod-watch.ts';
import { ungatePod } from './ungate.ts';

/** Milliseconds. */
export interface Limits {
  /** The longest a create can be under way; who looks whether a pod came into being waits that long. Default 10 s. */
  create?: number;
  /** Every other call, and the time until a stream's headers. Default 30 s. */
  call?: number;
  /** How long a watch may be silent. Default 100 s. */
  watchIdle?: number;
}

export const CREATE_LIMIT_MS = 10_000;
/** Many pods that end together cost few lists; the end of one that comes soon after another is that much later known. */
const KILLED_EVERY_MS = 50;

/**
 * The cluster of one context. The context is always named (`'in-cluster'`: this pod's service account): what happens to be
 * current may be somebody's production. Throws an Error that says what is wrong with the configuration; talks to nobody yet.
 */
export function connectCluster(options: { kubeconfig?: string; context: string; limits?: Limits }): Cluster {
  return clusterOf(loadKubeConfig(options.context, options.kubeconfig), options.limits);
}

/** The same from a configuration that is already loaded; its current context counts. */
export function clusterOf(config: KubeConfig, limits: Limits = {}): Cluster {
  const http = createHttp(config);
  const callLimit = limits.call ?? 30_000;
  const creating = coreApi(http, limits.create ?? CREATE_LIMIT_MS);
  const api = coreApi(http, callLimit);
  const killed = new Map<string, () => Promise<ReadonlySet<string>>>();
  const idle = limits.watchIdle === undefined ? {} : { idleMs: limits.watchIdle };
  return {
    id: clusterId(config.getCurrentCluster()),
    server: http.server,
    createPod: (namespace, manifest, create) => createPod(creating, namespace, manifest, create),
    readPod: (namespace, name) => readPod(api, namespace, name),
    listPods: (namespace, labelSelector) => listPods(api, namespace, labelSelector),
    watchPods: (namespace, watch) => watchPods(http, namespace, { ...watch, limitMs: callLimit, ...idle }),
    ungatePod: (ref) => ungatePod(api, ref),
    annotatePod: (ref, annotations) => annotatePod(api, ref, annotations),
    deletePod: (ref, graceSeconds) => deletePod(api, ref, graceSeconds),
    openLog: (ref, container, log) => openLog(http, ref, container, { ...log, limitMs: callLimit }),
    podEvents: (ref) => podEvents(api, ref),
    killedPods(namespace) {
      const ask = killed.get(namespace) ?? shared(() => killedPods(api, namespace), KILLED_EVERY_MS);
      killed.set(namespace, ask);
      return ask();
    },
    close: () => http.close(),
  };
}

/**
 * The certificates count, not how the file is wrapped. A path in the server's URL counts as well: behind one Rancher or
 * Teleport, many clusters share a CA.
 */
export function clusterId(cluster: KubeCluster | null): string {
  if (!cluster) throw new Error('the context names no cluster');
  const pem = cluster.caFile
    ? readFileSync(cluster.caFile, 'utf8')
    : Buffer.from(cluster.caData ?? '', 'base64').toString();
  const certificates = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map((match) =>
    match[1]?.replace(/\s/g, ''),
  );
  const { pathname } = new URL(cluster.server);
  const identity = certificates.length ? [...certificates.sort(), pathname] : [cluster.server];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}
