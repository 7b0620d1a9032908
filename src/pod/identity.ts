/**
 * Which pod is whose. One execution of the `runPod` activity owns exactly one pod, and all its attempts derive the same
 * name: so a create whose answer was lost ends in a 409 and an adoption, never in a second pod. The attempt is not part of
 * the key (attempts adopt); the runId is (a reset run must not share a pod with the run it replaced).
 */
import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import type { PodRef } from '../contract/index.ts';

/** Domain of our labels and annotations. */
export const OURS = 'temporal-pods';

export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'temporal-pods' };
/** Selects every pod of ours, whoever's run it is. */
export const MANAGED_SELECTOR = 'app.kubernetes.io/managed-by=temporal-pods';
/** Pods are born behind this gate and run only after Temporal has acknowledged their uid. */
export const SCHEDULING_GATE = `${OURS}/recorded`;

export const LABEL = { key: `${OURS}/key`, activity: `${OURS}/activity`, task: `${OURS}/task` };
export const ANNOTATION = {
  key: `${OURS}/key`,
  deadline: `${OURS}/deadline`,
  try: `${OURS}/try`,
  keepUntil: `${OURS}/keep-until`,
};

export interface PodKey {
  /** UUID of the Temporal namespace: names and addresses repeat over servers, this does not. */
  temporalNamespaceId: string;
  workflowId: string;
  runId: string;
  activityId: string;
}

const hash = (parts: readonly string[], length: number) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);

const keyHash = (key: PodKey, length: number) =>
  hash([key.temporalNamespaceId, key.workflowId, key.runId, key.activityId], length);

/** Lower-case letters, digits and dashes, at most `max` characters, never empty, no dash at the ends. */
export function slug(text: string, max = 40): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, max)
    .replace(/^-+|-+$/g, '');
  return clean || 'pod';
}

/** `<slug of the task>-<12 hex>`: a DNS-1123 label of at most 53 characters. */
export const podName = (task: string, key: PodKey) => `${slug(task)}-${keyHash(key, 12)}`;

/** Label values hold at most 63 restricted characters, so they carry hashes; the key itself is an annotation. */
export function identityLabels(task: string, key: PodKey): Record<string, string> {
  return {
    ...MANAGED_BY,
    [LABEL.key]: keyHash(key, 40),
    [LABEL.activity]: activityHash(key),
    [LABEL.task]: slug(task, 63),
  };
}

/** The same for every run of a workflow: finds what a workflow reset left behind. */
export const activityHash = (key: PodKey) => hash([key.temporalNamespaceId, key.workflowId, key.activityId], 40);

export const keyAnnotation = (key: PodKey): string =>
  JSON.stringify({
    temporalNamespaceId: key.temporalNamespaceId,
    workflowId: key.workflowId,
    runId: key.runId,
    activityId: key.activityId,
  });

/** The key that a pod of ours carries; undefined when it has none that can be read. */
export function keyOf(pod: V1Pod): PodKey | undefined {
  try {
    const key = JSON.parse(pod.metadata?.annotations?.[ANNOTATION.key] ?? '') as Partial<PodKey>;
    const { temporalNamespaceId, workflowId, runId, activityId } = key;
    return temporalNamespaceId && workflowId && runId && activityId
      ? { temporalNamespaceId, workflowId, runId, activityId }
      : undefined;
  } catch {
    return undefined;
  }
}

/** It never ran. */
export const isGated = (pod: V1Pod): boolean =>
  pod.spec?.schedulingGates?.some(({ name }) => name === SCHEDULING_GATE) ?? false;

/** The full key decides, never the hash in the name. */
export function belongsTo(pod: V1Pod, key: PodKey): boolean {
  const theirs = keyOf(pod);
  return theirs !== undefined && keyAnnotation(theirs) === keyAnnotation(key);
}

/** One object, and no other of its name. */
export const refOf = (pod: V1Pod): PodRef => ({
  namespace: pod.metadata?.namespace ?? '',
  name: pod.metadata?.name ?? '',
  uid: pod.metadata?.uid ?? '',
});
