/**
 * The record that an attempt finds in its heartbeat details. Anyone who may write to Temporal may have written it, so it is input:
 * it can name no pod but the one of this activity, and no file but those of that pod.
 */
import { z } from 'zod';
import { isLength } from '../common/duration.ts';
import { OUTCOME_KINDS, type PodEnd, type PodRecord, type PodRef } from '../contract/index.ts';
import { podName, type PodKey } from '../pod/identity.ts';

/** Opaque to us, and part of a path: the folder of the pod's log has it as its name. */
const uid = z.string().regex(/^[\w.-]{1,128}$/);
const count = z.number().int().min(0);
const words = z.string().optional();

const end = z.looseObject({
  outcome: z.looseObject({
    kind: z.enum(OUTCOME_KINDS),
    reason: words,
    message: words,
    exitCode: z.number().optional(),
    container: words,
    startedEver: z.boolean(),
  }),
  outputFile: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
  phase: words,
  node: words,
  times: z.looseObject({ created: words, scheduled: words, started: words, finished: words }),
  logs: z.looseObject({ uri: z.string(), lines: count, bytes: count, gaps: count, tail: z.string() }),
  events: z.array(z.looseObject({ type: z.string(), reason: z.string(), message: z.string(), count })).optional(),
  problems: z.array(z.string()).optional(),
});

const record = z.looseObject({
  v: z.literal(1),
  cluster: z.string(),
  pod: z.looseObject({ namespace: z.string(), name: z.string(), uid }).optional(),
  total: z.union([z.string(), z.number()]).refine(isLength).optional(),
  phase: words,
  reason: words,
  node: words,
});

const trouble = z.looseObject({ kind: z.enum(OUTCOME_KINDS), container: z.string(), since: z.number() });

export interface EarlierRecord {
  /** Undefined when there was none, or it cannot be believed. */
  record: PodRecord | undefined;
  /** Why it cannot be believed: what it told of, a pod that has run perhaps, is not known then. */
  unreadable?: string;
}

/**
 * @param namespaces the ones that this worker serves
 */
export function earlierRecord(
  details: unknown,
  { key, task, namespaces }: { key: PodKey; task: string; namespaces: readonly string[] },
): EarlierRecord {
  if (details === undefined || details === null) return { record: undefined };
  const checked = record.safeParse(details);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return { record: undefined, unreadable: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
  }
  const { ended, trouble: remembered, pod, ...rest } = checked.data;
  const foreign = pod && whyForeign(pod, podName(task, key), namespaces);
  if (foreign !== undefined) return { record: undefined, unreadable: foreign };
  const known = {
    ...rest,
    ...(pod && { pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid } }),
    ...(trouble.safeParse(remembered).success && { trouble: remembered }),
    // Without a pod nothing can have ended; an end that cannot be read is read from the pod once more.
    ...(pod && end.safeParse(ended).success && { ended: ended as PodEnd }),
  };
  return { record: known as PodRecord };
}

function whyForeign({ namespace, name }: PodRef, ours: string, namespaces: readonly string[]): string | undefined {
  if (name !== ours) return `it names the pod ${JSON.stringify(name)}, and that of this task is ${ours}`;
  if (!namespaces.includes(namespace))
    return `it names the namespace ${JSON.stringify(namespace)}, which this worker does not serve`;
  return undefined;
}
