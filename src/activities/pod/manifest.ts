/**
 * spec → manifest, pure. Defaults < template < the spec's own fields < what must hold for every pod of ours. Containers and their
 * env match by name; everything else is replaced as a whole by the later layer.
 */
import type { V1Affinity, V1Container, V1EnvVar, V1NodeSelectorTerm, V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../../types.ts';
import { milliseconds } from '../../duration.ts';
import { ANNOTATION, identityLabels, keyAnnotation, podName, SCHEDULING_GATE, type PodKey } from './identity.ts';

export const DEFAULT_MAIN_CONTAINER = 'base';
export const DEFAULT_GRACE_SECONDS = 30;

/** Images that name no user run as this one: Pod Security `restricted` refuses root. */
const NOBODY = 65532;

export interface ManifestContext {
  namespace: string;
  task: string;
  try: number;
  key: PodKey;
  /** When the whole activity must be over (ms since the epoch); the sweeper deletes what is past it. */
  deadline: number;
  /** Latest end of the running pod, in seconds after its start: the cluster's own brake. It deletes nothing. */
  activeDeadlineSeconds: number;
}

export const mainContainerName = (spec: PodSpec) => spec.mainContainer ?? DEFAULT_MAIN_CONTAINER;

export function podManifest(spec: PodSpec, context: ManifestContext): V1Pod {
  const template = spec.template ?? {};
  const { nodeName, ...templateSpec } = template.spec ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(context.task, context.key),
      namespace: context.namespace,
      labels: {
        ...template.metadata?.labels,
        ...(spec.labels as Record<string, string>),
        ...identityLabels(context.task, context.key),
      },
      annotations: {
        ...template.metadata?.annotations,
        ...(spec.annotations as Record<string, string>),
        [ANNOTATION.key]: keyAnnotation(context.key),
        [ANNOTATION.try]: String(context.try),
        [ANNOTATION.deadline]: new Date(context.deadline).toISOString(),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: context.activeDeadlineSeconds,
      ...templateSpec,
      ...(nodeName ? { affinity: pinnedTo(nodeName, templateSpec.affinity) } : {}),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: NOBODY,
        runAsGroup: NOBODY,
        fsGroup: NOBODY,
        seccompProfile: { type: 'RuntimeDefault' },
        ...templateSpec.securityContext,
      },
      ...(spec.serviceAccount ? { serviceAccountName: spec.serviceAccount } : {}),
      terminationGracePeriodSeconds: graceSeconds(spec),
      containers: containers(spec).map(restricted),
      ...(templateSpec.initContainers ? { initContainers: templateSpec.initContainers.map(restricted) } : {}),
      restartPolicy: 'Never',
      schedulingGates: [{ name: SCHEDULING_GATE }, ...(templateSpec.schedulingGates ?? [])],
    },
  };
}

/** Whole seconds between SIGTERM and SIGKILL, rounded up. Never 0: with it a DELETE frees the name, not the process. */
export function graceSeconds(spec: PodSpec): number {
  if (spec.grace !== undefined) return Math.max(1, Math.ceil(milliseconds(spec.grace) / 1000));
  return Math.max(1, spec.template?.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
}

/** The grace of a pod that is there, whatever a newer spec says. */
export const graceOf = (pod: V1Pod | undefined): number =>
  pod?.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;

/** The main container first, as `kubectl logs` and other tools take the first one for granted. */
function containers(spec: PodSpec): V1Container[] {
  const name = mainContainerName(spec);
  const all = spec.template?.spec?.containers ?? [];
  const template = all.find((container) => container.name === name);
  const main: V1Container = {
    ...template,
    name,
    ...(spec.image !== undefined ? { image: spec.image } : {}),
    ...(spec.command ? { command: spec.command } : {}),
    ...(spec.args ? { args: spec.args } : {}),
    ...(spec.env ? { env: mergeEnv(template?.env ?? [], spec.env as Record<string, string>) } : {}),
    ...(spec.resources ? { resources: { ...template?.resources, ...spec.resources } } : {}),
  };
  return [main, ...all.filter((container) => container.name !== name)];
}

function mergeEnv(template: V1EnvVar[], fields: Record<string, string>): V1EnvVar[] {
  return [
    ...template.filter((variable) => !Object.hasOwn(fields, variable.name)),
    ...Object.entries(fields).map(([name, value]) => ({ name, value })),
  ];
}

/** What Pod Security `restricted` asks of every container, unless the template says otherwise. */
function restricted(container: V1Container): V1Container {
  return {
    ...container,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      ...container.securityContext,
    },
  };
}

/** The API server refuses `nodeName` on a gated pod; a required node affinity says the same. */
function pinnedTo(nodeName: string, affinity: V1Affinity | undefined): V1Affinity {
  const field = { key: 'metadata.name', operator: 'In', values: [nodeName] };
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Terms are alternatives, so the node must be part of each of them.
  const terms: V1NodeSelectorTerm[] = required?.nodeSelectorTerms.length ? required.nodeSelectorTerms : [{}];
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []), field] })),
      },
    },
  };
}
