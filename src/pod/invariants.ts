/** What holds for every pod of ours, whatever templates, authors and callbacks say. Pure; done twice, it changes nothing more. */
import type { V1Affinity, V1Container, V1EnvVar, V1NodeSelectorTerm, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { ANNOTATION, identityLabels, keyAnnotation, podName, SCHEDULING_GATE, type PodKey } from './identity.ts';
import { graceOf } from './deadlines.ts';

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

/**
 * Identity, one life, our gate, and an end. Of the metadata only labels and annotations are the author's: a finalizer would keep
 * the pod for ever.
 */
export function withInvariants({ metadata, spec }: V1Pod, context: ManifestContext, main: string): V1Pod {
  const { nodeName, ephemeralContainers, initContainers, containers, ...theirs }: Partial<V1PodSpec> = spec ?? {};
  const fence = fencing(context);
  const own = (container: V1Container) => withFence(once(container), fence);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(context.task, context.key),
      namespace: context.namespace,
      labels: { ...metadata?.labels, ...identityLabels(context.task, context.key) },
      annotations: {
        ...metadata?.annotations,
        [ANNOTATION.key]: keyAnnotation(context.key),
        [ANNOTATION.try]: String(context.try),
        [ANNOTATION.deadline]: new Date(context.deadline).toISOString(),
      },
    },
    spec: {
      ...theirs,
      ...(nodeName && { affinity: pinnedTo(nodeName, theirs.affinity) }),
      // With 0, a DELETE frees the name and not the process.
      terminationGracePeriodSeconds: Math.max(1, graceOf({ ...(spec && { spec }) })),
      activeDeadlineSeconds: Math.min(theirs.activeDeadlineSeconds ?? Infinity, context.activeDeadlineSeconds),
      // The main one first: `kubectl logs` and other tools take the first one for granted.
      containers: (containers ?? [])
        .toSorted((a, b) => Number(b.name === main) - Number(a.name === main))
        .map((one) => own(plain(one))),
      ...(initContainers && { initContainers: initContainers.map(own) }),
      restartPolicy: 'Never',
      schedulingGates: [
        { name: SCHEDULING_GATE },
        ...(theirs.schedulingGates ?? []).filter(({ name }) => name !== SCHEDULING_GATE),
      ],
    },
  };
}

/** A task that runs twice is two tries. Only an init container may say `Always`: that makes it a sidecar. */
const plain = ({ restartPolicy, ...container }: V1Container): V1Container => container;

/** A rule can restart the whole pod. */
const once = ({ restartPolicyRules, ...container }: V1Container): V1Container => container;

/** By which a program can tell its own late writes from those of the pod that replaced it: `_POD` grows with every pod of the task. */
function fencing({ task, key, ...context }: ManifestContext): V1EnvVar[] {
  const identity = {
    WORKFLOW_ID: key.workflowId,
    RUN_ID: key.runId,
    TASK: task,
    TRY: String(context.try),
    POD: key.activityId,
  };
  // `$(NAME)` in a value is a reference, and `$$` is how Kubernetes writes a plain `$`.
  return Object.entries(identity).map(([name, value]) => ({
    name: `TEMPORAL_PODS_${name}`,
    value: value.replaceAll('$', '$$$$'),
  }));
}

/** First, so that the author's variables may refer to them. */
const withFence = (container: V1Container, fence: readonly V1EnvVar[]): V1Container => ({
  ...container,
  env: [...fence, ...(container.env ?? []).filter(({ name }) => !fence.some((one) => one.name === name))],
});

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
