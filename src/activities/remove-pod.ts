/**
 * The end of a pod. Gone means: the API server was seen to hold this uid no longer. A DELETE that was accepted is not that, and
 * neither is a 404 for a name whose create may still be under way.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { Cleanup, PodRef } from '../contract/index.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { pause } from '../common/pause.ts';
import { Backoff } from '../common/retry.ts';
import { WAITS } from './waits.ts';

/** Kubelets and API servers have bad minutes. */
const CONFIRM_MS = 60_000;
const LOOK_EVERY = 500;

export interface Removal {
  /** Grace to ask for, in seconds; the pod's own when absent. Never 0: that frees the name, not the process. */
  graceSeconds?: number;
  /** The pod's own grace, in seconds: so long it may take to end. */
  expectSeconds: number;
  /** On top of that, until it is seen to be gone. Default 60 s. */
  confirmMs?: number;
  /** How long the object of a pod that can run nothing any more is waited for. Default 3 s. */
  heldMs?: number;
  /** Stops the confirmation, not the deletion. */
  signal: AbortSignal;
}

/** Deletes this uid and waits until it is gone; trouble is told in the answer, never thrown over the pod's own outcome. */
export async function removePod(cluster: Cluster, ref: PodRef, removal: Removal): Promise<Cleanup> {
  const end = performance.now() + removal.expectSeconds * 1000 + (removal.confirmMs ?? CONFIRM_MS);
  let ordered = false;
  let trouble: unknown;
  let spentAt: number | undefined;
  for (const backoff = new Backoff({ firstMs: 20, mostMs: LOOK_EVERY }); performance.now() < end;) {
    try {
      if (!ordered) {
        if ((await cluster.deletePod(ref, removal.graceSeconds)) === 'gone') return { gone: true };
        ordered = true;
      }
      const pod = await cluster.readPod(ref.namespace, ref.name);
      if (pod?.metadata?.uid !== ref.uid) return { gone: true };
      trouble = undefined;
      spentAt = isSpent(pod) ? (spentAt ?? performance.now()) : undefined;
      if (spentAt !== undefined && performance.now() - spentAt >= (removal.heldMs ?? WAITS.held)) return held(pod, ref);
    } catch (error) {
      trouble = error;
    }
    // An attempt that may not wait has ordered the deletion all the same.
    if (removal.signal.aborted) break;
    await pause(backoff.next(), removal.signal);
  }
  const why = trouble instanceof Error ? trouble.message : 'the pod is still terminating';
  return { gone: false, error: `pod ${ref.namespace}/${ref.name} was not seen to go: ${why}` };
}

/**
 * It is deleted and has ended, or never had a node and gets none any more (the API server binds no pod that is being deleted); a
 * finalizer alone keeps the object. Without one it is about to go by itself.
 */
function isSpent({ metadata, spec, status }: V1Pod): boolean {
  if (!metadata?.deletionTimestamp || !metadata.finalizers?.length) return false;
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || !spec?.nodeName;
}

const held = ({ metadata }: V1Pod, { namespace, name }: PodRef): Cleanup => ({
  gone: false,
  over: true,
  error:
    `pod ${namespace}/${name} can run nothing any more, and is deleted as soon as the finalizer ` +
    `${metadata?.finalizers?.join(', ')} is taken away by whoever set it`,
});
