/**
 * The one way from a spec to the pod that is sent: layers, callbacks, invariants, policy. Needs no attempt and no pod, so
 * that a dry run shows what a run would create.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { messageOf } from '../common/message-of.ts';
import type { PodSpec } from '../contract/index.ts';
import type { Callbacks } from './callbacks.ts';
import type { PodDependencies } from './dependencies.ts';
import { failNow } from './failure.ts';
import { cleanManifest, ManifestFault, podManifest, type Layer } from '../pod/manifest.ts';
import { withInvariants, type ManifestContext } from '../pod/invariants.ts';
import { mainContainerName } from '../contract/defaults.ts';
import { policyFaults } from '../policy/index.ts';
import { withCollector } from '../pod/collector.ts';
import { manifestFaults } from '../spec/against-manifest.ts';
import { readTemplateFile, TemplateFileFault } from './template-file.ts';

/** What of a worker decides how a pod looks. */
export type Workshop = Pick<PodDependencies, 'templates' | 'policy' | 'collectorImage'>;

/**
 * @throws ApplicationFailure `InvalidSpec`, `CallbackFailed` or `PolicyRefused`, without a word about cleanup: this creates nothing,
 *   but an earlier attempt may have
 */
export async function composeManifest(
  { templates, policy, collectorImage }: Workshop,
  spec: PodSpec,
  context: ManifestContext,
  callbacks: Pick<Callbacks, 'beforeCreate'>,
): Promise<V1Pod> {
  const main = mainContainerName(spec);
  const layers = await orInvalid(() => templateLayers(templates, spec, context.namespace));
  const layered = await orInvalid(() => podManifest(spec, context, layers));
  const called = await callbacks.beforeCreate(layered);
  const clean = await orInvalid(() => cleanManifest(called, 'after beforeCreate'));
  const { result } = spec;
  const whole =
    result?.from === 'file' ? withCollector(clean, { main, path: result.path, image: collectorImage }) : clean;
  const manifest = withInvariants(whole, context, main);
  if (!manifest.spec?.containers.find(({ name }) => name === main)?.image)
    throw failNow('InvalidSpec', `image: is missing; the main container '${main}' needs one, here or in a template`);
  const misfits = manifestFaults(spec, manifest);
  if (misfits.length > 0) throw failNow('InvalidSpec', `the pod's spec is not valid:\n  ${misfits.join('\n  ')}`);
  const faults = policyFaults(policy, manifest);
  if (faults.length > 0)
    throw failNow('PolicyRefused', `this worker's policy refuses the pod:\n  ${faults.join('\n  ')}`);
  return manifest;
}

async function templateLayers(
  { defaults, folder }: Workshop['templates'],
  spec: PodSpec,
  namespace: string,
): Promise<Layer[]> {
  const main = mainContainerName(spec);
  const image = defaults.spec?.containers?.find(({ name }) => name === main)?.image;
  // With one, a spec without an image would run, and nobody would know what.
  if (image)
    throw new ManifestFault(
      `templates.defaults: spec.containers[${main}].image: the main container's image is the task's affair, got ${JSON.stringify(image)}`,
    );
  const { templateFile } = spec;
  return [
    { from: 'templates.defaults', pod: defaults },
    ...(templateFile === undefined
      ? []
      : [{ from: `templateFile ${templateFile}`, pod: await readTemplateFile(templateFile, folder, namespace) }]),
  ];
}

/** What asking again does not change; a shape that nobody thought of ends as one of Node's own. */
const FINAL = [ManifestFault, TemplateFileFault, TypeError, RangeError];

async function orInvalid<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!FINAL.some((kind) => error instanceof kind)) throw error;
    throw failNow('InvalidSpec', `no pod can be made of the spec:\n  ${messageOf(error).replaceAll('\n', '\n  ')}`);
  }
}
