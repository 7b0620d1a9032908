/**
 * The one way from a spec to the pod that is sent: layers, callbacks, what must hold, policy. Needs no attempt and no pod, so
 * that a dry run shows what a run would create.
 */
import type { V1Pod } from '@kubernetes/client-node';
import type { PodSpec } from '../types.ts';
import type { Callbacks } from './callbacks.ts';
import type { PodDependencies } from './dependencies.ts';
import { failNow } from './failure.ts';
import { mainContainerName, podManifest, type ManifestContext } from './pod/manifest.ts';
import { policyFaults } from './pod/policy.ts';

/** What of a worker decides how a pod looks. */
export type Workshop = Pick<PodDependencies, 'templates' | 'policy' | 'collectorImage'>;

/** @throws ApplicationFailure `InvalidSpec`, `CallbackFailed` or `PolicyRefused`; nothing was created by then */
export async function composeManifest(
  { policy }: Workshop,
  spec: PodSpec,
  context: ManifestContext,
  callbacks: Pick<Callbacks, 'beforeCreate'>,
): Promise<V1Pod> {
  const manifest = await callbacks.beforeCreate(layered(spec, context));
  const main = mainContainerName(spec);
  if (!manifest.spec?.containers.find(({ name }) => name === main)?.image)
    throw failNow('InvalidSpec', `image: is missing; the main container '${main}' needs one, here or in a template`);
  const faults = policyFaults(policy, manifest);
  if (faults.length > 0)
    throw failNow('PolicyRefused', `this worker's policy refuses the pod:\n  ${faults.join('\n  ')}`);
  return manifest;
}

function layered(spec: PodSpec, context: ManifestContext): V1Pod {
  try {
    return podManifest(spec, context);
  } catch (error) {
    throw failNow('InvalidSpec', `no pod can be made of the spec: ${String(error)}`);
  }
}
